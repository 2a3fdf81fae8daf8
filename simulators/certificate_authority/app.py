"""The authority over HTTP: certificates, lists, OCSP, time stamps, and the switches that make them fail."""

import asyncio
import base64
import binascii
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives import serialization
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulators import clock
from simulators.certificate_authority import pages, profile
from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority
from simulators.certificate_authority.revocation import crl, ocsp_answer
from simulators.certificate_authority.switches import Behaviour, Switches
from simulators.certificate_authority.timestamps import stamp

DER = serialization.Encoding.DER
MAX_BODY = 64 * 1024


async def behave(request: Request, service: str) -> Behaviour:
    """Fail or wait as the switch says; what is left is told to the caller."""
    behaviour = request.app.state.switches.all()[service]
    if behaviour is Behaviour.DOWN:
        raise HTTPException(503, f"{service} is switched off")
    if behaviour is Behaviour.SLOW:
        await asyncio.sleep(float(os.environ.get("TCLOUD_CA_SLOW_SECONDS", "20")))
    return Behaviour(behaviour)


def authority_of(request: Request) -> Authority:
    """The opened authority."""
    authority: Authority = request.app.state.authority
    return authority


async def body_of(request: Request) -> bytes:
    """The request's body; 413 beyond what any question needs."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    return body


async def certificate(request: Request) -> Response:
    """`/root.crt` and `/ca/<name>.crt`, as DER, also those of the time-stamp service and the responders."""
    name = request.path_params.get("name", "root")
    authority = authority_of(request)
    if name in set(IssuerKey):
        found = authority.issuer(IssuerKey(name)).certificate
    elif name == "tsa" or (name.startswith("ocsp-") and (authority.folder / f"{name}.crt").exists()):
        found = authority.service(name).certificate
    else:
        raise HTTPException(404)
    return Response(found.public_bytes(DER), media_type="application/pkix-cert")


async def revocation_list(request: Request) -> Response:
    """`/crl/<issuer>-complete.crl` and `/crl/<issuer>-<partition>.crl`."""
    issuer, _, part = request.path_params["name"].rpartition("-")
    parts = {"complete": None, **{str(number): number for number in range(1, profile.PARTITIONS + 1)}}
    if issuer not in set(IssuerKey) or part not in parts:
        raise HTTPException(404)
    behaviour = await behave(request, "crl")
    authority, now = authority_of(request), clock.now()
    der = await run_in_threadpool(
        crl, authority, IssuerKey(issuer), now=now, partition=parts[part], lie=behaviour.lie
    )
    return Response(der, media_type="application/pkix-crl")


async def ocsp(request: Request) -> Response:
    """RFC 6960 appendix A: POST with the request as body, or GET with it in base64 in the path."""
    if request.method == "POST":
        question = await body_of(request)
    else:
        try:
            question = base64.b64decode(unquote(request.path_params["question"]), validate=True)
        except binascii.Error as error:
            raise HTTPException(400, "the path is no base64") from error
    behaviour = await behave(request, "ocsp")
    answer = await run_in_threadpool(
        ocsp_answer, authority_of(request), question, now=clock.now(), lie=behaviour.lie
    )
    return Response(answer, media_type="application/ocsp-response")


async def time_stamp(request: Request) -> Response:
    """RFC 3161 §3.4: the query as `application/timestamp-query`."""
    question = await body_of(request)
    behaviour = await behave(request, "tsa")
    answer = await run_in_threadpool(
        stamp, authority_of(request), question, now=clock.now(), lie=behaviour.lie
    )
    return Response(answer, media_type="application/timestamp-reply")


async def healthz(_: Request) -> Response:
    """Ready."""
    return JSONResponse({"status": "ok"})


async def index(request: Request) -> Response:
    """The page with the switches."""
    return HTMLResponse(pages.index(authority_of(request), request.app.state.switches.all(), clock.now()))


def _change(request: Request, wish: dict[str, Any]) -> None:
    """Apply `{"ocsp": "down", …}`, `{"revoke": card}` or `{"unrevoke": card}`; KeyError if unknown."""
    authority = authority_of(request)
    for name, value in wish.items():
        if name in ("revoke", "unrevoke"):
            serial = authority.card(str(value)).certificate.serial_number
            if name == "revoke":
                authority.revoke(serial, at=clock.now())
            else:
                authority.unrevoke(serial)
        else:
            request.app.state.switches.set(name, Behaviour(str(value)))


async def control(request: Request) -> Response:
    """The same switches for scripts: GET tells, POST with JSON changes."""
    if request.method == "POST":
        try:
            _change(request, await request.json())
        except (ValueError, KeyError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)
    authority = authority_of(request)
    revoked = authority.revocations()
    cards = {
        card_id: authority.card(card_id).certificate.serial_number in revoked
        for card_id in authority.card_ids()
    }
    return JSONResponse({"services": request.app.state.switches.all(), "revoked": cards})


async def switch(request: Request) -> Response:
    """The page's form."""
    form = await request.form()
    try:
        _change(request, {key: value for key, value in form.items() if value})
    except (ValueError, KeyError) as error:
        raise HTTPException(400, str(error)) from error
    return RedirectResponse("/", 303)


def create_app(authority: Authority) -> Starlette:
    """The application over an opened authority."""
    app = Starlette(
        routes=[
            Route("/", index),
            Route("/switch", switch, methods=["POST"]),
            Route("/control", control, methods=["GET", "POST"]),
            Route("/healthz", healthz),
            Route("/root.crt", certificate),
            Route("/ca/{name}.crt", certificate),
            Route("/crl/{name}.crl", revocation_list),
            Route("/ocsp", ocsp, methods=["POST"]),
            Route("/ocsp/{question:path}", ocsp),
            Route("/tsa", time_stamp, methods=["POST"]),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ]
    )
    app.state.authority = authority
    app.state.switches = Switches(authority.folder)
    return app
