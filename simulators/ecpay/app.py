"""The simulator as one Starlette application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulators.ecpay import checkout, control, machine, pages
from simulators.ecpay.config import Config
from simulators.ecpay.sender import Sender
from simulators.ecpay.store import Store

Answer = Callable[[Request], Awaitable[Response]]
ALWAYS_OPEN = ("/", "/control", "/trouble", "/resend", "/healthz")


async def healthz(request: Request) -> Response:
    """Ready."""
    return JSONResponse({"status": "ok"})


async def closed_for_maintenance(request: Request, go_on: Answer) -> Response:
    """While maintenance is switched on, only the switches themselves answer."""
    path = request.url.path
    open_now = path in ALWAYS_OPEN or path.startswith("/static/")
    if not open_now and request.app.state.store.switches().get("maintenance"):
        return HTMLResponse(pages.maintenance(), 503)
    return await go_on(request)


ROUTES = [
    Route("/", control.index),
    Route("/trouble", control.choose, methods=["POST"]),
    Route("/resend", control.send_again, methods=["POST"]),
    Route("/control", control.control, methods=["GET", "POST"]),
    Route("/healthz", healthz),
    Route("/Cashier/AioCheckOut/V5", checkout.aio_check_out, methods=["POST"]),
    Route("/Cashier/QueryTradeInfo/V5", machine.query_trade_info, methods=["POST"]),
    Route("/CreditDetail/DoAction", machine.do_action, methods=["POST"]),
    Route("/CreditDetail/QueryTrade/V2", machine.query_credit, methods=["POST"]),
    Route("/PaymentMedia/TradeNoAio", machine.trade_no_aio, methods=["POST"]),
    Route("/checkout/{token}", checkout.show),
    Route("/checkout/{token}/card", checkout.card, methods=["POST"]),
    Route("/checkout/{token}/otp", checkout.otp, methods=["POST"]),
    Route("/checkout/{token}/bank", checkout.bank, methods=["POST"]),
    Route("/checkout/{token}/transfer", checkout.transfer, methods=["POST"]),
    Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
]


def create_app(config: Config, transport: httpx.AsyncBaseTransport | None = None) -> Starlette:
    """The application; `transport` lets a test receive the callbacks without a network."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(Sender(app.state.store, config, transport).run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        app.state.store.close()

    middleware = [Middleware(BaseHTTPMiddleware, dispatch=closed_for_maintenance)]
    app = Starlette(routes=ROUTES, lifespan=lifespan, middleware=middleware)
    app.state.config = config
    app.state.store = Store(config.data / "ecpay.sqlite3")
    return app
