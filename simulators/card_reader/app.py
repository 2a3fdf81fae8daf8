"""The component over HTTP on localhost, and the page that puts cards into the reader."""

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators import clock
from simulators.card_reader import bmp, codes, pages
from simulators.card_reader.component import Component, ComponentRefused, package_of
from simulators.card_reader.state import Store, Trouble
from simulators.certificate_authority.pki import Authority

WAITING_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
MAX_BODY = 256 * 1024
PROTOCOL = {
    "/popupForm",
    "/sign",
    "/decrypt",
    "/pkcs11info",
    "/p11Image.bmp",
    "/selfTest.htm",
    "/waiting.gif",
}


class MissingComponent:
    """While the trouble is COMPONENT_MISSING the protocol's addresses are simply not there."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        """`store` tells the trouble at each request."""
        self.app, self.store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with an empty 404, or let the request pass."""
        if (
            scope["type"] == "http"
            and scope["path"] in PROTOCOL
            and self.store.read().trouble is Trouble.COMPONENT_MISSING
        ):
            await Response(status_code=404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def component_of(request: Request) -> Component:
    """The component of this computer."""
    component: Component = request.app.state.component
    return component


def _answer(content: dict[str, Any]) -> Response:
    """JSON as the component writes it: ASCII only, never cached, and no CORS header."""
    return Response(json.dumps(content), media_type="text/plain", headers={"Cache-Control": "no-store"})


def _own_page(request: Request) -> bool:
    """Whether no other site's page sent this: its origin is absent or ours."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def popup(request: Request) -> Response:
    """The relay page: same origin as the component, so it may talk to it and to its opener."""
    blocked = component_of(request).store.read().trouble is Trouble.POPUP_BLOCKED
    return HTMLResponse(pages.SHUT if blocked else pages.POPUP, headers={"Cache-Control": "no-store"})


async def sign(request: Request) -> Response:
    """Sign a package; 204 while the trouble is a user who closes the window; the page then does."""
    component = component_of(request)
    body = await request.body()
    if len(body) > MAX_BODY or not _own_page(request):
        return _answer({"func": "sign", "ret_code": codes.FORBIDDEN_DOMAIN, "last_error": 0})
    trouble = component.store.read().trouble
    if trouble is Trouble.USER_CLOSES:
        return Response(status_code=204)
    if trouble is Trouble.SLOW:
        await asyncio.sleep(float(os.environ.get("TCLOUD_CARD_READER_SLOW_SECONDS", "8")))
    caller = request.headers.get("x-caller", "")
    return _answer(await run_in_threadpool(component.sign, body, now=clock.now(), caller=caller))


async def pkcs11info(request: Request) -> Response:
    """Readers and cards; `withcert=true`, or a package whose func is GetUserCert, adds certificates."""
    with_certificates = request.query_params.get("withcert") == "true"
    if request.method == "POST":
        try:
            with_certificates |= package_of(await request.body()).get("func") == "GetUserCert"
        except ComponentRefused as refusal:
            return _answer({"func": "pkcs11info", "ret_code": refusal.code, "last_error": 0})
    information = component_of(request).information
    return _answer(await run_in_threadpool(information, now=clock.now(), with_certificates=with_certificates))


async def decrypt(_: Request) -> Response:
    """Decryption is no part of the demonstration."""
    return _answer({"func": "decrypt", "ret_code": codes.NO_SUCH_METHOD, "last_error": 0})


async def picture(request: Request) -> Response:
    """`pkcs11info` in pixels: the one answer other origins may read."""
    component = component_of(request)
    if component.store.read().trouble is Trouble.LOOPBACK_REFUSED:
        return Response(status_code=403)
    text = json.dumps(await run_in_threadpool(component.information, now=clock.now()), separators=(",", ":"))
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
    return Response(bmp.encode(text), media_type="image/bmp", headers=headers)


async def waiting(_: Request) -> Response:
    """The spinner's picture."""
    return Response(WAITING_GIF, media_type="image/gif")


async def self_test(request: Request) -> Response:
    """What the component finds, for the person at the computer."""
    facts = await run_in_threadpool(
        component_of(request).information, now=clock.now(), with_certificates=True
    )
    return HTMLResponse(pages.self_test(facts))


async def add_domain(request: Request) -> Response:
    """Ask whether a site may use the card, and remember the answer."""
    site = request.query_params.get("domain", "")
    if request.method == "POST":
        if not _own_page(request):
            raise HTTPException(403)
        component_of(request).store.trust(site)
    return HTMLResponse(pages.add_domain(site, done=request.method == "POST"))


async def index(request: Request) -> Response:
    """The page that chooses card and trouble."""
    component = component_of(request)
    return HTMLResponse(pages.index(component.authority, component.store.read()))


def _choose(component: Component, wish: dict[str, Any]) -> None:
    """Apply `{"card": …, "trouble": …, "unlock": true}`; ValueError or KeyError if not there."""
    card, trouble = wish.get("card"), wish.get("trouble")
    if card is not None:
        component.authority.spec(str(card))
    component.store.choose(
        card=None if card is None else str(card), trouble=None if trouble is None else Trouble(str(trouble))
    )
    if wish.get("unlock"):
        component.store.unlock()


async def choose(request: Request) -> Response:
    """The page's form."""
    if not _own_page(request):
        raise HTTPException(403)
    wish = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
    try:
        _choose(component_of(request), wish)
    except (KeyError, ValueError) as error:
        raise HTTPException(400, str(error)) from error
    return RedirectResponse("/", 303)


async def control(request: Request) -> Response:
    """The same for scripts: `POST {"card": "12345675", "trouble": "none"}`, `GET` tells, each card's PIN too."""
    component = component_of(request)
    if request.method == "POST":
        if not _own_page(request):
            raise HTTPException(403)
        try:
            _choose(component, await request.json())
        except (KeyError, ValueError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)
    desk, cards = component.store.read(), component.authority.card_ids()
    return JSONResponse(
        {
            "card": desk.card, "trouble": desk.trouble, "wrong_pins": desk.wrong_pins,
            "trusted": desk.trusted, "cards": cards, "troubles": list(Trouble),
            "pins": {card: component.authority.spec(card).pin for card in cards},
        }
    )  # fmt: skip


async def healthz(_: Request) -> Response:
    """Ready."""
    return JSONResponse({"status": "ok"})


def create_app(authority: Authority, store: Store) -> Starlette:
    """The application over the drawer of cards and the desk."""
    routes = [
        Route("/", index),
        Route("/choose", choose, methods=["POST"]),
        Route("/control", control, methods=["GET", "POST"]),
        Route("/healthz", healthz),
        Route("/popupForm", popup),
        Route("/sign", sign, methods=["POST"]),
        Route("/decrypt", decrypt, methods=["POST"]),
        Route("/pkcs11info", pkcs11info, methods=["GET", "POST"]),
        Route("/p11Image.bmp", picture),
        Route("/waiting.gif", waiting),
        Route("/selfTest.htm", self_test),
        Route("/addDomain", add_domain, methods=["GET", "POST"]),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(MissingComponent, store=store)])
    app.state.component = Component(authority, store)
    return app
