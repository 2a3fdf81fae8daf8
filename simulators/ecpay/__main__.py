"""`python -m simulators.ecpay`"""

import uvicorn

from simulators.ecpay.app import create_app
from simulators.ecpay.config import Config


def main() -> None:
    """Serve on loopback until stopped."""
    config = Config.from_environment()
    uvicorn.run(create_app(config), host="127.0.0.1", port=config.port, log_level="warning")


if __name__ == "__main__":
    main()
