"""`python -m simulators.registry`"""

import os

import uvicorn

from simulators.registry.app import create_app


def main() -> None:
    """Serve on loopback until stopped."""
    uvicorn.run(
        create_app(), host="127.0.0.1", port=int(os.environ.get("TCLOUD_REGISTRY_PORT", "8030")), log_level="warning"
    )


if __name__ == "__main__":
    main()
