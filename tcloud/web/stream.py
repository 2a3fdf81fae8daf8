"""The event stream: an open order page hears at once that its order has changed, and fetches itself anew.

A small ASGI process beside the web. It says only *that* something changed; what changed is read through the page,
with its access rule. The page's address carries a short-lived signed token for one order.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

import psycopg
import structlog
from django.conf import settings
from django.core import signing
from django.db import connection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tcloud.orders.services.advancing import CHANNEL
from tcloud.web.order_steps import STREAM_SALT

log = structlog.get_logger()
TOKEN_LIFETIME_SECONDS = 8 * 3600
HEARTBEAT_SECONDS = 20
listeners: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)


async def orders(request: Request) -> Response:
    """GET /orders/<token>: `event: changed` whenever the order moves; a comment every 20 seconds keeps it open."""
    try:
        number = signing.loads(request.path_params["token"], salt=STREAM_SALT, max_age=TOKEN_LIFETIME_SECONDS)
    except signing.BadSignature:
        return PlainTextResponse("unknown", status_code=404)
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": settings.PUBLIC_URL}
    return StreamingResponse(_events(number), media_type="text/event-stream", headers=headers)


async def _events(number: str) -> AsyncIterator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue(maxsize=8)
    listeners[number].add(queue)
    try:
        yield "retry: 3000\n\n"
        while True:
            try:
                await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                yield "event: changed\ndata: \n\n"
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        listeners[number].discard(queue)
        if not listeners[number]:
            del listeners[number]


async def _listen() -> None:
    """Pass the database's notifications on; reconnects for ever, because pages fall back to reading again."""
    parameters = connection.get_connection_params()
    arguments = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
    while True:
        try:
            link = await psycopg.AsyncConnection.connect(autocommit=True, **arguments)
            async with link:
                await link.execute(f"LISTEN {CHANNEL}")
                async for notice in link.notifies():
                    for queue in listeners.get(notice.payload, ()):
                        with contextlib.suppress(asyncio.QueueFull):  # the page will read everything anyway
                            queue.put_nowait("changed")
        except psycopg.OperationalError:
            log.warning("stream_reconnects")
            await asyncio.sleep(1)


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    task = asyncio.create_task(_listen())
    yield
    task.cancel()


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


application = Starlette(
    routes=[Route("/orders/{token}", orders), Route("/healthz", healthz)], lifespan=_lifespan
)
