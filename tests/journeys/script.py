"""Drive the running product as docs/reference/examination.md tells an outsider to: HTTP alone, nothing from inside."""

import json
import re
import time
from html import unescape
from typing import Any
from urllib.parse import quote

import httpx

from tests.browser.product import Product


def hidden(page: str, name: str) -> str:
    """The value of a page's hidden field; empty if there is none."""
    tags = [tag for tag in re.findall(r"<input\b[^>]*>", page) if f'name="{name}"' in tag]
    return unescape(_attribute(tags[0], "value")) if tags else ""


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found.group(1) if found else ""


class Script:
    """One person's session."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.http = httpx.Client(base_url=product.web, follow_redirects=True, timeout=30)

    def close(self) -> None:
        self.http.close()

    def sign_in(self, email: str) -> dict[str, Any]:
        """Through the examiner's door, second factor included."""
        answer = self.http.post("/examination/sign-in/", json={"email": email})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def post(self, page: str, fields: dict[str, Any], to: str = "") -> httpx.Response:
        """Send a form with the token of the page it stands on."""
        token = hidden(self.get(page), "csrfmiddlewaretoken")
        assert token, f"{page} has no form"
        return self.http.post(to or page, data=fields | {"csrfmiddlewaretoken": token})

    def use_card(self, page: str) -> httpx.Response:
        """Let the reader sign what the page asks for, and post its answer."""
        text = self.get(page)
        step = next(tag for tag in re.findall(r"<div\b[^>]*>", text) if "data-card-step" in tag)
        reader = self.product.simulator("CARD_READER")
        desk = httpx.get(f"{reader}/control").json()
        package = {
            "func": "MakeSignature", "signatureType": _attribute(step, "data-sign-type"), "tbs": _attribute(step, "data-tbs"),
            "tbsEncoding": "base64", "hashAlgorithm": "SHA256", "pin": desk["pins"][desk["card"]], "nonce": _attribute(step, "data-nonce"),
            "withCardSN": "true",
        }  # fmt: skip
        signed = httpx.post(f"{reader}/sign", content=f"tbsPackage={quote(json.dumps(package))}").json()
        assert signed["ret_code"] == 0, signed
        fields = {
            "signature": signed["signature"], "certificate": signed["certb64"], "card_sn": signed["cardSN"],
            "nonce": hidden(text, "nonce"), "attempt": hidden(text, "attempt"),
            "csrfmiddlewaretoken": hidden(text, "csrfmiddlewaretoken"),
        }  # fmt: skip
        return self.http.post(page, data=fields)

    def export(self, what: str) -> list[dict[str, Any]]:
        """Everything of one kind from the auditor's export, page after page."""
        rows: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            answer = self.http.get(f"/api/v1/{what}", params={"after": after, "limit": 50})
            assert answer.status_code == 200, answer.text
            rows += answer.json()["rows"]
            after = answer.json()["next"]
        return rows


def join_by_script(company: Script, product: Product, email: str, password: str = "cloudy-bakery-88") -> None:
    """From consent to the account, as 晨光烘焙有限公司."""
    company.post("/join/consent/", {"agree": "on"})
    assert company.use_card("/join/card/").url.path == "/join/declarations/"
    company.post("/join/declarations/", {"queries": "on", "eligibility": "on"})
    account = {"contact_name": "林佳穎", "email": email, "phone": "02-2555-0118", "password": password}
    company.post("/join/account/", account)
    code = product.code_in(product.mail(email, "驗證碼"))
    assert company.post("/join/email/", {"code": code}).url.path == "/member/"


def assess_by_script(company: Script) -> None:
    """Every question with its second choice."""
    forms = company.http.get("/examination/forms/").json()["forms"]
    fields = next(form["fields"] for form in forms if form["route"] == "member:assessment-part")
    answers = {field["name"]: field["choices"][1] for field in fields}
    number, page = 1, company.http.get("/member/assessment/1/")
    while page.url.path == f"/member/assessment/{number}/":
        page = company.post(page.url.path, answers)
        number += 1
    assert page.url.path == "/member/assessment/result/"


def draft(company: Script, price: str, points: int) -> str:
    """An order for a plan of the alley POS, its amounts confirmed and its contract made."""
    page = company.get("/solutions/alley-pos/")
    plan = re.search(rf'name="plan" value="(\d+)"[^>]*>(?:(?!name="plan").)*?{price}', page, re.S)
    assert plan
    key = hidden(page, "request_key")
    drafted = company.post("/solutions/alley-pos/", {"plan": plan.group(1), "request_key": key}, to="/member/orders/new/")
    number = re.search(r"CE\d{10}", drafted.url.path)
    assert number, drafted.url
    where = f"/member/orders/{number.group()}"
    company.post(f"{where}/check/", {"points": str(points)})
    return number.group()


def sign(company: Script, number: str) -> None:
    """Both clicks of the card."""
    where = f"/member/orders/{number}"
    assert company.use_card(f"{where}/sign/").url.path == f"{where}/sign/"
    assert company.use_card(f"{where}/sign/").url.path == f"{where}/sent/"


def leave(company: Script, product: Product, number: str) -> str:
    """Choose the card and arrive at the gateway; returns the trade's number."""
    page = company.post(f"/member/orders/{number}/pay/", {"method": "credit"}).text
    gateway = product.simulator("ECPAY")
    form = re.search(rf'<form\b[^>]*action="({gateway}[^"]+)"[^>]*>(.*?)</form>', page, re.S)
    assert form, page
    fields = {name: hidden(form.group(2), name) for name in re.findall(r'name="(\w+)"', form.group(2))}
    assert httpx.post(form.group(1), data=fields, follow_redirects=True).status_code == 200
    return fields["MerchantTradeNo"]


def gateway_says(product: Product, **what: object) -> dict[str, object]:
    """Tell the gateway's simulator what to do; the answer is its truth."""
    answer = httpx.post(f"{product.simulator('ECPAY')}/control", json=what)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def pay(company: Script, product: Product, number: str) -> None:
    """The payment page redirects to the gateway, where the payment ends without a browser."""
    gateway_says(product, pay={"MerchantTradeNo": leave(company, product, number), "method": "credit"})


def state_of(auditor: Script, number: str, wanted: str, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = next(row for row in auditor.export("orders") if row["number"] == number)
        if found["state"] == wanted:
            return
        time.sleep(0.5)
    raise AssertionError(f"{wanted} expected, the order is {found['state']}")
