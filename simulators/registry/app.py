"""The registry's addresses: the API as published, a page with switches, and the same switches for scripts."""

import asyncio
import html
import json
import os
import re
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.registry.records import FILTER_FIELDS, HOLDERS, SPECIAL, kind_of, rows

MODES = {
    "ok": "正常",
    "unauthorised": "非授權介接",
    "limit": "超出本日最大介接次數",
    "busy": "系統忙碌中",
    "html": "回一頁 HTML",
    "slow": "慢 8 秒",
    "wrapped": "外面多包一層 value",
    "down": "HTTP 503",
}
SLOW_SECONDS = 8
CONDITION = re.compile(r"^(\w+) eq (\S+)$")


def _file() -> Path:
    return Path(os.environ.get("TCLOUD_DATA", ".tcloud")) / "registry.json"


def mode() -> str:
    """How the registry behaves now; kept in a file so that a restart changes nothing."""
    try:
        return str(json.loads(_file().read_text())["mode"])
    except (FileNotFoundError, ValueError, KeyError):
        return "ok"


def set_mode(value: str) -> None:
    """Choose how it behaves from now on."""
    if value not in MODES:
        raise ValueError(value)
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(json.dumps({"mode": value}))


async def dataset(request: Request) -> Response:
    """GET /od/data/api/{GUID}?$format=json&$filter=…: an empty body for a miss, as the original."""
    current = mode()
    if current == "down":
        return PlainTextResponse("", status_code=503)
    if current == "slow":
        await asyncio.sleep(SLOW_SECONDS)
    if current == "html":
        return HTMLResponse("<html><body>資料庫維護中</body></html>")
    if current in ("unauthorised", "limit", "busy"):
        return PlainTextResponse(MODES[current])
    guid = request.path_params["guid"].upper()
    match = CONDITION.match(request.query_params.get("$filter", ""))
    if guid not in FILTER_FIELDS or match is None or match[1].lower() != FILTER_FIELDS[guid].lower():
        return PlainTextResponse("")
    found = rows(guid, match[2])
    if current == "wrapped":
        return JSONResponse({"value": found, "Count": len(found)})
    return JSONResponse(found) if found else PlainTextResponse("")


async def tax(request: Request) -> Response:
    """GET /OAI/api/businessRegistration/{ban}: 404 when the tax register does not know the number."""
    holder = HOLDERS.get(request.path_params["ban"])
    if holder is None:
        return JSONResponse({}, status_code=404)
    return JSONResponse({
        "ban": holder.ubn, "businessNm": holder.name, "businessAddress": holder.address,
        "capitalAmount": holder.capital_twd, "businessType": "公司", "isUseInvoice": "Y",
    })  # fmt: skip


async def control(request: Request) -> Response:
    """GET tells the mode; POST {"mode": …} sets it."""
    if request.method == "POST":
        try:
            set_mode((await request.json())["mode"])
        except (ValueError, KeyError):
            return JSONResponse({"error": f"mode is one of {', '.join(MODES)}"}, status_code=422)
    return JSONResponse({"mode": mode()})


async def page(request: Request) -> Response:
    """Choose how the registry behaves; see whom it knows."""
    if request.method == "POST":
        form = await request.form()
        set_mode(str(form.get("mode", "ok")))
        return RedirectResponse("/", status_code=303)
    current = mode()
    choices = "".join(
        f'<label><input type="radio" name="mode" value="{key}"{" checked" if key == current else ""}> {html.escape(text)}</label>'
        for key, text in MODES.items()
    )
    known: list[tuple[str, Any]] = [(ubn, holder.name) for ubn, holder in HOLDERS.items()]
    known += [(ubn, row["Company_Name"]) for ubn, row in SPECIAL.items()]
    listed = "".join(f"<tr><td>{ubn}</td><td>{html.escape(name)}</td><td>{kind_of(ubn)}</td></tr>" for ubn, name in known)
    body = (Path(__file__).parent / "page.html").read_text()
    return HTMLResponse(body.replace("{choices}", choices).replace("{rows}", listed))


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


def create_app() -> Starlette:
    """The simulator as an ASGI application."""
    return Starlette(routes=[
        Route("/od/data/api/{guid}", dataset),
        Route("/OAI/api/businessRegistration/{ban}", tax),
        Route("/control", control, methods=["GET", "POST"]),
        Route("/healthz", healthz),
        Route("/", page, methods=["GET", "POST"]),
    ])  # fmt: skip
