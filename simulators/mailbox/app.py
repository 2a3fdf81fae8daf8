"""The SMTP side and the page side of the mailbox."""

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulators.mailbox.store import Mail, keep, mail, mails

PAGE = (Path(__file__).parent / "page.html").read_text()
# A mail is shown as it is, and can run or load nothing.
SEALED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-top-navigation-by-user-activation"}


class Sink:
    """Takes every mail for every address."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        keep(list(envelope.rcpt_tos), bytes(envelope.content))
        return "250 OK"


def _row(item: Mail) -> str:
    subject = html.escape(str(item.message["subject"] or ""))
    return (
        f'<tr><td><a href="/mails/{item.number}">{subject}</a></td><td>{html.escape(item.recipient)}</td>'
        f"<td>{item.arrived_at[:16].replace('T', ' ')}</td></tr>"
    )


async def index(request: Request) -> Response:
    """All mails, newest first; `?to=` shows one address."""
    to = request.query_params.get("to", "")
    rows = "".join(_row(item) for item in mails(to)) or '<tr><td colspan="3">還沒有信。No mail yet.</td></tr>'
    table = f"<table><thead><tr><th>主旨</th><th>收件人</th><th>時間 (UTC)</th></tr></thead><tbody>{rows}</tbody></table>"
    search = f'<form><label for="to">收件人</label> <input id="to" name="to" value="{html.escape(to)}"> <button>找</button></form>'
    return HTMLResponse(PAGE.replace("{body}", search + table))


async def show(request: Request) -> Response:
    """One mail: its head, its sealed HTML, its plain text."""
    item = mail(request.path_params["number"])
    if item is None:
        return PlainTextResponse("not found", status_code=404)
    head = "".join(f"<tr><th>{html.escape(key)}</th><td>{html.escape(str(value))}</td></tr>" for key, value in item.message.items())
    body = (
        f'<p><a href="/">← 信箱</a></p><iframe title="mail" src="/mails/{item.number}/html"></iframe>'
        f"<details><summary>純文字</summary><pre>{html.escape(item.part('plain'))}</pre></details>"
        f"<details><summary>標頭</summary><table>{head}</table></details>"
    )
    return HTMLResponse(PAGE.replace("{body}", body))


async def content(request: Request) -> Response:
    """The HTML part of a mail, on its own and sealed."""
    item = mail(request.path_params["number"])
    return HTMLResponse(item.part("html") if item else "", headers=SEALED)


async def api(request: Request) -> Response:
    """GET /api/messages?to=: the same for scripts."""
    found = mails(request.query_params.get("to", ""))
    return JSONResponse([
        {"number": item.number, "to": item.recipient, "subject": str(item.message["subject"]),
         "message_id": str(item.message["message-id"]), "text": item.part("plain"), "html": item.part("html"),
         "arrived_at": item.arrived_at}
        for item in found
    ])  # fmt: skip


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


def create_app(*, smtp_port: int) -> Starlette:
    """The page; the SMTP server lives as long as it does."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        controller = Controller(Sink(), hostname="127.0.0.1", port=smtp_port)
        controller.start()
        yield
        controller.stop()

    routes = [
        Route("/", index), Route("/mails/{number:int}", show), Route("/mails/{number:int}/html", content),
        Route("/api/messages", api), Route("/healthz", healthz),
    ]  # fmt: skip
    return Starlette(routes=routes, lifespan=lifespan)
