"""The registry's addresses: the API as published, a page with switches, and the same switches for scripts."""

import asyncio
import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.clock import data_folder
from simulators.registry.records import COMPANY_SEARCH, FILTER_FIELDS, Row, known, rows, search, taxpayer

MODES = {
    "ok": ("正常", "as it should"),
    "unauthorised": ("非授權介接", "address not registered"),
    "limit": ("超出本日最大介接次數", "daily limit reached"),
    "busy": ("系統忙碌中", "system busy"),
    "html": ("回一頁 HTML", "an HTML page"),
    "slow": ("慢 8 秒才回", "answers after 8 seconds"),
    "wrapped": ("資料外多包一層 value", "rows wrapped in “value”"),
    "down": ("HTTP 503", "HTTP 503"),
}
SPOKEN = ("unauthorised", "limit", "busy")
SLOW_SECONDS = 8.0
CONDITION = re.compile(r"^(\w+)\s+(eq|like)\s+(.+)$")
SKIP_AT_MOST, TOP_AT_MOST, TOP_DEFAULT = 500_000, 1_000, 50
PAGE = (Path(__file__).parent / "page.html").read_text()
EMPTY = PlainTextResponse("")


def _file() -> Path:
    return data_folder() / "registry.json"


def mode() -> str:
    """How the registry behaves now; kept in a file so that a restart changes nothing."""
    try:
        stored = str(json.loads(_file().read_text())["mode"])
    except (FileNotFoundError, ValueError, KeyError):
        return "ok"
    return stored if stored in MODES else "ok"


def set_mode(value: str) -> None:
    """Choose how it behaves from now on. Raises ValueError for a mode that does not exist."""
    if value not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}")
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().write_text(json.dumps({"mode": value}))


def parse_filter(text: str) -> dict[str, str] | None:
    """`A eq 1 and B like 宏` as {"a": "1", "b": "宏"}, field names in lower case; None if it is no filter."""
    conditions = {}
    for part in re.split(r"\s+and\s+", text.strip()):
        match = CONDITION.match(part)
        if match is None:
            return None
        conditions[match[1].lower()] = match[3].strip()
    return conditions


def _found(guid: str, conditions: dict[str, str]) -> list[Row]:
    """The rows of a data set; conditions beside its own field (such as Agency) narrow nothing here."""
    if guid == COMPANY_SEARCH:
        return search(conditions.get("company_name", "\0"), conditions.get("company_status", ""))
    value = conditions.get(FILTER_FIELDS.get(guid, "\0").lower())
    return rows(guid, value) if value is not None else []


def _window(request: Request, found: list[Row]) -> list[Row]:
    """$skip and $top as documented; raises ValueError outside their ranges."""
    skip, top = int(request.query_params.get("$skip", 0)), int(request.query_params.get("$top", TOP_DEFAULT))
    if not (0 <= skip <= SKIP_AT_MOST and 1 <= top <= TOP_AT_MOST):
        raise ValueError("$skip or $top")
    return found[skip : skip + top]


def _xml(found: list[Row]) -> Response:
    root = ElementTree.Element("Records")
    for row in found:
        element = ElementTree.SubElement(root, "Record")
        for key, value in row.items():
            ElementTree.SubElement(element, key).text = str(value)
    return Response(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), media_type="application/xml")


async def dataset(request: Request) -> Response:
    """GET /od/data/api/{GUID}?$format=json&$filter=…: an empty body for a miss, as the original."""
    current = mode()
    if current == "down":
        return PlainTextResponse("", status_code=503)
    if current == "slow":
        await asyncio.sleep(SLOW_SECONDS)
    if current == "html":
        return HTMLResponse("<!doctype html><html><body>資料庫維護中</body></html>")
    if current in SPOKEN:
        return PlainTextResponse(MODES[current][0])
    conditions = parse_filter(request.query_params.get("$filter", ""))
    if conditions is None:
        return EMPTY
    try:
        found = _window(request, _found(request.path_params["guid"].upper(), conditions))
    except ValueError:
        return EMPTY
    if request.query_params.get("$format", "json") == "xml":
        return _xml(found) if found else EMPTY
    if current == "wrapped":
        return JSONResponse({"value": found, "Count": len(found)})
    return JSONResponse(found) if found else EMPTY


async def tax(request: Request) -> Response:
    """GET /OAI/api/businessRegistration/{ban}: 404 when the tax register does not know the number."""
    if mode() == "down":
        return PlainTextResponse("", status_code=503)
    entry = taxpayer(request.path_params["ban"])
    return JSONResponse(entry) if entry else JSONResponse({}, status_code=404)


async def control(request: Request) -> Response:
    """GET tells the mode; POST {"mode": …} sets it."""
    if request.method == "POST":
        try:
            set_mode(str((await request.json())["mode"]))
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": f"mode is one of {', '.join(MODES)}"}, status_code=422)
    return JSONResponse({"mode": mode()})


async def page(request: Request) -> Response:
    """Choose how the registry behaves; see whom it knows."""
    if request.method == "POST":
        form = await request.form()
        try:
            set_mode(str(form.get("mode", "ok")))
        except ValueError as error:
            return PlainTextResponse(str(error), status_code=422)
        return RedirectResponse("/", status_code=303)
    current = mode()
    choices = "".join(
        f'<label><input type="radio" name="mode" value="{key}"{" checked" if key == current else ""}>'
        f' {html.escape(chinese)} <span lang="en">{html.escape(english)}</span></label>'
        for key, (chinese, english) in MODES.items()
    )
    listed = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in sorted(known())
    )
    return HTMLResponse(PAGE.replace("{choices}", choices).replace("{rows}", listed))


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
