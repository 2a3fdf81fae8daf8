"""The SMTP side and the page side of the mailbox."""

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulators.mailbox.store import Mail, addresses, keep, mail, mails

PAGE = (Path(__file__).parent / "page.html").read_text()
LARGEST_BYTES = 10_000_000
SHOWN = 100
TAIPEI = ZoneInfo("Asia/Taipei")
# A mail is shown as it is, and can run or load nothing; its links may open the platform in a tab of its own.
SEALED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
}
LINKS_OPEN_OUTSIDE = '<base target="_blank">'


class Sink:
    """Takes every mail for every address."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        content = envelope.content or b""
        keep(list(envelope.rcpt_tos), content if isinstance(content, bytes) else content.encode())
        return "250 OK"


def _when(item: Mail) -> str:
    local = datetime.fromisoformat(item.arrived_at).astimezone(TAIPEI)
    return f'<time datetime="{item.arrived_at}">{local:%m-%d %H:%M}</time>'


def _row(item: Mail) -> str:
    subject = html.escape(item.header("subject") or "（沒有主旨 no subject）")
    to = html.escape(item.recipient)
    return f'<li><a href="/mails/{item.number}">{subject}</a><span>{to}</span>{_when(item)}</li>'


def _filter(chosen: str) -> str:
    """Every address as a link, the chosen one marked."""
    everybody = "" if chosen else ' aria-current="true"'
    links = f'<a href="/"{everybody}>全部 All</a>'
    for address, count in addresses():
        current = ' aria-current="true"' if address == chosen.lower() else ""
        query = urlencode({"to": address})
        links += f' <a href="/?{html.escape(query)}"{current}>{html.escape(address)} ({count})</a>'
    return f'<nav aria-label="收件人 Recipients">{links}</nav>'


async def index(request: Request) -> Response:
    """All mails, newest first; `?to=` shows one address."""
    to = request.query_params.get("to", "").strip()
    rows = "".join(_row(item) for item in mails(to, SHOWN))
    listed = f"<ol>{rows}</ol>" if rows else '<p class="none">還沒有信。 <span lang="en">No mail yet.</span></p>'
    return HTMLResponse(PAGE.replace("{body}", _filter(to) + listed))


async def show(request: Request) -> Response:
    """One mail: who and when, its sealed HTML, its plain text, its headers."""
    item = mail(request.path_params["number"])
    if item is None:
        return PlainTextResponse("not found", status_code=404)
    headers = "".join(
        f"<tr><th>{html.escape(key)}</th><td>{html.escape(str(value))}</td></tr>" for key, value in item.message.items()
    )
    query = html.escape(urlencode({"to": item.recipient}))
    frame = (
        f'<iframe title="{html.escape(item.header("subject"))}" src="/mails/{item.number}/html"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
        if item.part("html")
        else ""
    )
    body = (
        f'<p><a href="/?{query}">← {html.escape(item.recipient)}</a></p><h2>{html.escape(item.header("subject"))}</h2>'
        f"<p>{_when(item)}</p>{frame}"
        f'<details{"" if frame else " open"}><summary>純文字 <span lang="en">Plain text</span></summary>'
        f"<pre>{html.escape(item.part('plain'))}</pre></details>"
        f'<details><summary>標頭 <span lang="en">Headers</span></summary><table>{headers}</table></details>'
    )
    return HTMLResponse(PAGE.replace("{body}", body))


async def content(request: Request) -> Response:
    """The HTML part of a mail, on its own and sealed."""
    item = mail(request.path_params["number"])
    if item is None:
        return PlainTextResponse("not found", status_code=404)
    return HTMLResponse(item.part("html").replace("<head>", f"<head>{LINKS_OPEN_OUTSIDE}", 1), headers=SEALED)


async def api(request: Request) -> Response:
    """GET /api/messages?to=&limit=: the same for scripts, newest first."""
    try:
        limit = max(1, min(int(request.query_params.get("limit", SHOWN)), 2_000))
    except ValueError:
        return JSONResponse({"error": "limit is a whole number"}, status_code=422)
    return JSONResponse(
        [
            {
                "number": item.number, "to": item.recipient, "subject": item.header("subject"),
                "message_id": item.header("message-id"), "text": item.part("plain"), "html": item.part("html"),
                "arrived_at": item.arrived_at,
            }
            for item in mails(request.query_params.get("to", "").strip(), limit)
        ]
    )  # fmt: skip


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


def create_app(*, smtp_port: int) -> Starlette:
    """The page; the SMTP server lives as long as it does."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        controller = Controller(Sink(), hostname="127.0.0.1", port=smtp_port, data_size_limit=LARGEST_BYTES)
        controller.start()
        try:
            yield
        finally:
            controller.stop()

    routes = [
        Route("/", index), Route("/mails/{number:int}", show), Route("/mails/{number:int}/html", content),
        Route("/api/messages", api), Route("/healthz", healthz),
    ]  # fmt: skip
    return Starlette(routes=routes, lifespan=lifespan)
