"""The gateway's simulator under a real server, and a shop that receives its callbacks, both on loopback."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import uvicorn

from simulators.ecpay.app import create_app
from simulators.ecpay.config import Config


def wait_for(condition, seconds: float = 10.0):
    """The first true value of a condition; fails after some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("did not happen in time")


@dataclass
class Shop:
    """Notes every callback and answers from `answers`, then always `1|OK`."""

    url: str = ""
    received: list[dict[str, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


@contextmanager
def shop() -> Iterator[Shop]:
    """A shop's callback address."""
    notes = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            notes.received.append(dict(parse_qsl(body, keep_blank_values=True)))
            answer = (notes.answers.pop(0) if notes.answers else "1|OK").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    notes.url = f"http://127.0.0.1:{server.server_port}/notify"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield notes
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def simulator(data: Path, resend_after: tuple[float, ...] = (0.05, 0.05, 0.05, 0.05)) -> Iterator[str]:
    """The simulator's base address; its state stays in `data` for another run."""
    app = create_app(Config(data=data, resend_after=resend_after))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Payer:
    """A browser at the gateway, without script."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.browser = httpx.Client(follow_redirects=True, trust_env=False, timeout=10)
        self.page = ""
        self.path = ""

    def open(self, action: str, fields: dict[str, str]) -> str:
        """Post the shop's form."""
        return self._keep(self.browser.post(action, data=fields))

    def send(self, step: str, **fields: str) -> str:
        """Send a form of the checkout page."""
        return self._keep(self.browser.post(f"{self.base}{self.path}/{step}", data=fields))

    def _keep(self, reply: httpx.Response) -> str:
        if reply.url.path.startswith("/checkout/"):
            self.path = "/".join(reply.url.path.split("/")[:3])
        self.page = reply.text
        return self.page

    def pay_by_card(self, card: str = "4311-9522-2222-2222", otp: str = "1234") -> str:
        """Card number, then the 3-D step."""
        self.send("card", card=card, expiry="12/39", cvv="222")
        return self.send("otp", otp=otp, answer="confirm") if "3D 驗證" in self.page else self.page

    def close(self) -> None:
        """Close the browser."""
        self.browser.close()
