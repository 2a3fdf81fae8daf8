"""The card step in Chromium against the virtual reader: success, troubles in words, where the PIN goes."""

import asyncio
import base64
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from asn1crypto import cms
from django.template import Context, engines
from django.test import RequestFactory
from playwright.sync_api import Page, Request, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from simulators import people
from simulators.card_reader.app import create_app
from simulators.card_reader.state import Store, Trouble
from simulators.certificate_authority.pki import Authority

pytestmark = pytest.mark.browser
PIN = "123456"
TBS = b"tcloud-challenge \xfb\xef\xbe"
STATIC = Path(__file__).parents[2] / "tcloud" / "web" / "static"


@dataclass
class Served:
    """An application on a port of its own."""

    app: ASGIApp
    port: int = 0
    server: uvicorn.Server = field(init=False)

    def __enter__(self) -> "Served":
        listener = socket.create_server(("localhost", 0))
        self.port = listener.getsockname()[1]
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_level="warning", lifespan="off"))
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.server.serve(sockets=[listener])), daemon=True
        )
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(5)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"


@dataclass
class Step:
    """A page with nothing but the card step, the reader behind it, and what was posted."""

    page: Page
    web: str
    store: Store
    posted: list[dict[str, str]]
    requests: list[Request]

    def open(self, trouble: Trouble = Trouble.NONE) -> None:
        self.store.choose(trouble=trouble)
        self.page.goto(f"{self.web}/step")

    def sign(self, pin: str = PIN) -> str:
        """Type and click; what the page says in the end, "signed" after a post."""
        self.page.fill("[data-card-pin]", pin)
        self.page.click("[data-card-go]")
        self.page.wait_for_selector("[data-card-error]:not([hidden]), #signed", timeout=15_000)
        if self.page.query_selector("#signed"):
            return "signed"
        assert self.page.input_value("[data-card-pin]") == ""
        return self.page.inner_text("[data-card-error] strong")


def step_page(reader_origin: str, posted: list[dict[str, str]]) -> Starlette:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        f"img-src 'self' data: {reader_origin}"
    )
    headers = {"Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
    part = '{% include "components/card_step.html" with action="驗證公司身分" %}'
    values = {
        "reader_origin": reader_origin, "tbs": base64.b64encode(TBS).decode(), "sign_type": "PKCS7",
        "nonce": "a+b", "request": RequestFactory().get("/step"), "csrf_token": "token",
    }  # fmt: skip
    body = engines["django"].from_string(part).template.render(Context(values))
    head = "".join(
        f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in ("tokens", "components", "pages")
    )
    head += "".join(
        f'<script type="module" src="/static/js/{name}.js"></script>' for name in ("card", "card_probe")
    )

    async def page(request: WebRequest) -> Response:
        if request.method == "POST":
            posted.append({key: str(value) for key, value in (await request.form()).items()})
            return HTMLResponse('<p id="signed">signed</p>')
        top = f'<!doctype html><html lang="zh-Hant"><meta charset="utf-8">{head}'
        html = f'{top}<main class="tc-wrap">{body}</main></html>'
        return HTMLResponse(html, headers=headers)

    return Starlette(
        routes=[
            Route("/step", page, methods=["GET", "POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium: install it, or name it in CHROMIUM")
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store, list[dict[str, str]]]]:
    """Address of the page, the reader's desk, and what the page has posted."""
    folder = tmp_path_factory.mktemp("data")
    authority = Authority.open(folder / "ca", holders=people.COMPANIES[:1])
    store, posted = Store(folder / "card_reader.json"), list[dict[str, str]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TCLOUD_CARD_READER_SLOW_SECONDS", "3")
        with Served(create_app(authority, store)) as reader, Served(step_page(reader.origin, posted)) as web:
            yield web.origin, store, posted


@pytest.fixture
def step(chromium: Any, desk: tuple[str, Store, list[dict[str, str]]]) -> Iterator[Step]:
    web, store, posted = desk
    store.path.unlink(missing_ok=True)
    posted.clear()
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    context.on("request", note)
    yield Step(context.new_page(), web, store, posted, requests)
    context.close()


def test_the_signature_arrives_and_the_pin_is_in_no_request_to_us(step: Step) -> None:
    step.open()
    assert step.sign() == "signed"
    answer = step.posted[0]
    info = cms.ContentInfo.load(base64.b64decode(answer["signature"]))
    assert info["content"]["encap_content_info"]["content"].native == TBS
    assert answer["card_sn"] == people.COMPANIES[0].card_number
    assert answer["nonce"] == "a+b"
    ours = [request for request in step.requests if request.url.startswith(step.web)]
    assert ours
    assert not [request for request in ours if PIN in request.url or PIN in (request.post_data or "")]
    assert [
        request
        for request in step.requests
        if request.url.endswith("/sign") and PIN in (request.post_data or "")
    ]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.COMPONENT_MISSING, "這台電腦的元件沒有回應"),
        (Trouble.OLD_VERSION, "元件的版本太舊"),
        (Trouble.NO_READER, "沒有找到讀卡機"),
        (Trouble.NO_CARD, "讀卡機裡沒有卡片"),
        (Trouble.LOCKED, "卡片鎖住了"),
        (Trouble.EXPIRED, "這張憑證已經到期"),
        (Trouble.NOT_YET_VALID, "這張憑證還沒開始生效"),
        (Trouble.PERSON, "這不是工商憑證"),
        (Trouble.ENCRYPTION_ONLY, "卡片裡沒有簽章用的憑證"),
        (Trouble.UNTRUSTED_SITE, "元件還沒有信任這個網站"),
        (Trouble.CANCELLED, "您取消了這次簽章"),
        (Trouble.TIMEOUT, "等太久，卡片沒有回應"),
        (Trouble.POPUP_BLOCKED, "瀏覽器擋住了讀卡的小視窗"),
        (Trouble.USER_CLOSES, "讀卡的小視窗關掉了，還沒有簽好"),
        (Trouble.TWO_READERS, "signed"),
        (Trouble.LOOPBACK_REFUSED, "signed"),
        (Trouble.SLOW, "signed"),
    ],
    ids=str,
)
def test_every_trouble_has_its_words_and_can_be_tried_again(step: Step, trouble: Trouble, words: str) -> None:
    step.open(trouble)
    assert step.sign() == words
    if words != "signed":
        assert not step.posted
        step.store.choose(trouble=Trouble.NONE)
        assert step.sign() == "signed"


def test_wrong_pins_are_counted_in_words(step: Step) -> None:
    step.open()
    assert step.sign("12") == "PIN 碼是 6–8 碼數字"
    assert step.sign("") == "還沒輸入 PIN 碼"
    assert step.sign("999999") == "PIN 碼不對，還可以試 2 次"
    assert step.sign("999999") == "PIN 碼不對，只剩 1 次"
    assert step.sign("999999") == "卡片鎖住了"
    assert step.sign() == "卡片鎖住了"
    assert not step.posted


def test_a_double_click_opens_one_popup(step: Step) -> None:
    step.open(Trouble.SLOW)
    step.page.fill("[data-card-pin]", PIN)
    step.page.dblclick("[data-card-go]")
    step.page.wait_for_selector("#signed", timeout=15_000)
    assert len([request for request in step.requests if request.url.endswith("/popupForm")]) == 1
    assert len(step.posted) == 1


def test_a_blocked_popup_is_said(step: Step) -> None:
    step.open()
    step.page.evaluate("window.open = () => null")
    assert step.sign() == "瀏覽器擋住了讀卡的小視窗"


def test_a_strangers_message_gets_nothing(step: Step) -> None:
    """A frame or the page itself asks for the package: neither its origin nor its source is the popup's."""
    step.open(Trouble.SLOW)
    step.page.evaluate(
        "window.heard = [];"
        "window.addEventListener('message', (event) => window.heard.push(event.data));"
        "setInterval(() => window.postMessage(JSON.stringify({func: 'getTbs'}), '*'), 50)"
    )
    step.page.fill("[data-card-pin]", PIN)
    step.page.click("[data-card-go]")
    step.page.wait_for_timeout(1500)
    assert PIN not in "".join(map(str, step.page.evaluate("window.heard")))
    step.page.wait_for_selector("#signed", timeout=15_000)
