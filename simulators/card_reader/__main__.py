"""`python -m simulators.card_reader`"""

import os
import socket
from contextlib import suppress

import uvicorn

from simulators import clock
from simulators.card_reader.app import create_app
from simulators.card_reader.state import Store
from simulators.certificate_authority.pki import Authority


def listeners(port: int) -> list[socket.socket]:
    """Both loopback addresses: `localhost` may mean either. IPv6 is left out where the machine has none."""
    found = [socket.create_server(("127.0.0.1", port), backlog=128)]
    with suppress(OSError):
        found.append(socket.create_server(("::1", port), family=socket.AF_INET6, backlog=128))
    return found


def main() -> None:
    """Serve until stopped. The cards are those of `$TCLOUD_DATA/ca`, made here if the authority has not."""
    port = int(os.environ.get("TCLOUD_CARD_READER_PORT", "61161"))
    data = clock.data_folder()
    authority = Authority.open(data / "ca", f"http://127.0.0.1:{os.environ.get('TCLOUD_CA_PORT', '8010')}")
    app = create_app(authority, Store(data / "card_reader.json"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    server.run(sockets=listeners(port))


if __name__ == "__main__":
    main()
