"""Orders that are under way when the demonstration opens: signed by card, paid at the gateway, through the real thing.

They need the virtual reader, the certificate authority and the gateway's stand-in, so they come after those run.
"""

from base64 import b64decode, b64encode
from datetime import datetime
from json import dumps
from secrets import token_urlsafe
from time import monotonic, sleep
from urllib.parse import quote_plus

import httpx
from django.conf import settings
from django.urls import reverse

from tcloud.catalog.queries import cheapest, plan_for_order, solution_by_slug
from tcloud.core.time import machine_now
from tcloud.demo.people import WITH_ORDER, DemoCompany
from tcloud.members.models import Company
from tcloud.members.queries import company_by_ubn, owner_of
from tcloud.orders.models import Order
from tcloud.orders.queries import orders_of_company
from tcloud.orders.services import accepting, delivering, paying, placing, signing
from tcloud.payments.queries import checkout_form
from tcloud.payments.services import ask_gateway
from tcloud.payments.states import Method
from tcloud.programme.queries import open_call
from tcloud.vendors.models import Vendor
from tcloud.vendors.queries import owner_of as owner_of_vendor
from tcloud.vendors.queries import vendor_by_ubn

SERVED, WAITING = "drop-in-approvals", "on-time-roster"
TIMEOUT_SECONDS = 20


def simulators_run(within_seconds: float = 0) -> bool:
    """Whether reader, authority and gateway answer at their addresses, waiting for them if asked to."""
    until = monotonic() + within_seconds
    while not _answer():
        if monotonic() >= until:
            return False
        sleep(0.3)
    return True


def _answer() -> bool:
    try:
        return all(
            httpx.get(f"{origin}/healthz", timeout=2).is_success
            for origin in (settings.CARD_READER_ORIGIN, settings.CA_URL, settings.ECPAY_URL)
        )
    except httpx.HTTPError:
        return False


def seed_orders(now: datetime) -> None:
    """One order in service and one that waits for its vendor; nothing if the company has any order already."""
    company = company_by_ubn(WITH_ORDER.ubn)
    if company is None or orders_of_company(company).exists():
        return
    order = submit(WITH_ORDER, company, SERVED, now)
    vendor = vendor_of(order)
    staff = owner_of_vendor(vendor)
    assert staff is not None, "every vendor of the demonstration has an owner"
    actor = staff.user.actor
    accepting.accept_order(number=order.number, vendor=vendor, actor=actor, now=now)
    pay(order.number, company, now)
    delivering.record_contact(number=order.number, vendor=vendor, actor=actor, now=now)
    delivering.start_service(
        number=order.number, vendor=vendor, actor=actor, handover="帳號已開通，完成第一次教育訓練", now=now
    )
    submit(WITH_ORDER, company, WAITING, now)


def submit(who: DemoCompany, company: Company, slug: str, now: datetime) -> Order:
    """Order the lowest plan of a solution and sign the contract with the company's card."""
    solution = solution_by_slug(slug)
    plan = cheapest(solution) if solution else None
    assert plan is not None, f"the demonstration's catalogue sells {slug}"
    owner = owner_of(company)
    order = placing.place_order(
        company=company, user=owner, call=open_call(now), offer=plan_for_order(plan.pk), quantity=1,
        request_key=f"demo:{company.ubn}:{slug}", now=now,
    )  # fmt: skip
    signing.prepare_contract(number=order.number, company=company, actor=owner.actor, now=now)
    session = token_urlsafe(16)
    challenge = signing.challenge_for(number=order.number, session_key=session, machine_now=machine_now())
    announced = signing.announce_card(
        number=order.number, company=company, nonce=challenge.nonce,
        signature=card_signs(who, challenge.content, kind="PKCS7", nonce=challenge.nonce), session_key=session,
        now=now, machine_now=machine_now(),
    )  # fmt: skip
    return signing.sign_and_submit(
        number=order.number, company=company, key=announced.key,
        raw_signature=card_signs(who, announced.to_sign, kind="PKCS1"), session_key=session, actor=owner.actor,
        now=now, machine_now=machine_now(),
    )  # fmt: skip


def card_signs(who: DemoCompany, content: bytes, *, kind: str, nonce: str = "") -> bytes:
    """Put the company's card into the virtual reader and let it sign; raises RuntimeError with the reader's code."""
    origin = settings.CARD_READER_ORIGIN
    with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
        before = client.get(f"{origin}/control").raise_for_status().json()["card"]
        client.post(f"{origin}/control", json={"card": who.ubn}).raise_for_status()
        package = {
            "func": "MakeSignature", "signatureType": kind, "tbs": b64encode(content).decode(),
            "tbsEncoding": "base64", "hashAlgorithm": "SHA256", "pin": who.pin, "nonce": nonce,
            "withCardSN": "true",
        }  # fmt: skip
        body = f"tbsPackage={quote_plus(dumps(package))}"
        answer = client.post(f"{origin}/sign", content=body).raise_for_status().json()
        client.post(f"{origin}/control", json={"card": before}).raise_for_status()
    if answer["ret_code"] != 0:
        raise RuntimeError(f"the virtual reader answered {answer['ret_code']:#x}")
    return b64decode(answer["signature"])


def pay(number: str, company: Company, now: datetime) -> None:
    """Pay an order's self-pay at the gateway's stand-in, then take note of what it says."""
    attempt = paying.start_payment(number=number, company=company, method=Method.CREDIT, now=now)
    page = settings.PUBLIC_URL + reverse("member:order", args=[number])
    form = checkout_form(
        attempt, item_name="雲端解決方案自付款",
        notify_url=settings.CALLBACK_URL + reverse("webhooks:ecpay-notify"), return_url=page, back_url=page,
        english=False, now=now,
    )  # fmt: skip
    with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
        client.post(form.action, data=dict(form.fields))
        paid = {"MerchantTradeNo": attempt.trade_no, "method": "credit"}
        wish = {"MerchantID": attempt.account.merchant_id, "pay": paid}
        client.post(f"{form.origin}/control", json=wish).raise_for_status()
    ask_gateway(trade_no=attempt.trade_no, now=now)
    paying.apply_payment(number=number, now=now)


def vendor_of(order: Order) -> Vendor:
    """The seller of an order."""
    vendor = vendor_by_ubn(order.vendor_ubn)
    assert vendor is not None
    return vendor
