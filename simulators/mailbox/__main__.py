"""`python -m simulators.mailbox`"""

import os

import uvicorn

from simulators.mailbox.app import create_app


def main() -> None:
    """Serve SMTP and the page on loopback until stopped."""
    smtp = int(os.environ.get("TCLOUD_SMTP_PORT", "8025"))
    page = int(os.environ.get("TCLOUD_MAILBOX_PORT", "8040"))
    uvicorn.run(create_app(smtp_port=smtp), host="127.0.0.1", port=page, log_level="warning")


if __name__ == "__main__":
    main()
