"""Fills an empty product with the demonstration: through the same use cases people use, never by writing rows.

Running it again finds everything there and changes nothing.
"""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from django.conf import settings

from tcloud.assessments.queries import is_complete
from tcloud.assessments.questions import QUESTIONS, Topic, of_topic
from tcloud.assessments.services import complete, save_topic
from tcloud.catalog.services import define_categories, publish_listing
from tcloud.core.actors import machine
from tcloud.core.time import machine_now, taipei_date
from tcloud.demo import office_desk
from tcloud.demo.calendar_file import package_table
from tcloud.demo.catalogue import CATEGORIES, LISTINGS, VENDORS
from tcloud.demo.orders import seed_orders, simulators_run
from tcloud.demo.people import (
    COLLEAGUES,
    COMPANIES,
    DEMO_PASSWORD,
    OFFICE,
    VENDOR_OWNERS,
    DemoCompany,
    give_second_factor,
)
from tcloud.identity.company_certificate import CardIdentity, CardRank
from tcloud.identity.models import User
from tcloud.identity.roles import VENDOR_ROLES, Role
from tcloud.identity.services import give_office_role, open_account
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.queries import company_by_ubn
from tcloud.members.services import adding, agreeing, confirming, deciding, proving
from tcloud.notifications.models import OutboxMessage
from tcloud.payments.services import save_merchant_account
from tcloud.payments.states import Method
from tcloud.points.queries import grant_of
from tcloud.points.services.issuing import issue_grant
from tcloud.programme.models import Call
from tcloud.programme.queries import open_draft, table_of
from tcloud.programme.rules import Limit, Rules, Unit
from tcloud.programme.services import open_call
from tcloud.programme.services.drafting import save_draft, start_draft, step_draft
from tcloud.programme.services.keeping_calendar import import_table
from tcloud.programme.states import DraftEvent
from tcloud.vendors.services import add_staff, approve_vendor, register_vendor

COMPANY_CLASS = "2.16.886.1.100.3.2.2.1.1"
CALL_CODE = "115-1"
BUDGET_POINTS = 30_000_000
JOINED_DAYS_AGO = 2
# The gateway's published test shop (reference/payments-ecpay.md), which its simulator knows too.
TEST_SHOP = {"merchant_id": "3002607", "hash_key": "pwFHCqoQZGmho4w6", "hash_iv": "EkRm7iFT261dpevs"}
# How the demonstration's companies answer, topic by topic: the option's place among the four.
ANSWERS = (2, 1, 1, 2, 1, 1, 2, 1, 0, 1, 2, 2, 1, 1)


class NotADemonstration(Exception):
    """These people have a password everybody knows; only a demonstration may hold them."""

    def __init__(self) -> None:
        super().__init__(
            "The demonstration's people all have one published password, so production never gets them. "
            "Leave --seed out; for a demonstration set TCLOUD_PROFILE=demo."
        )


def seed(now: datetime, *, simulators_within_seconds: float = 0) -> None:
    """Everything the first page of the demonstration needs, in a few seconds; safe to run again.

    `now` is the programme's time. Whatever has already gone further is left alone. Orders under way are added by
    the first run that finds the simulators up, because a card signs them and the gateway takes their payment;
    `simulators_within_seconds` waits for them. Raises NotADemonstration under production settings.
    """
    if not settings.DEMO:
        raise NotADemonstration
    call = seed_call(now)
    seed_office(now)
    seed_calendar(now)
    seed_draft(call, now)
    seed_vendors(now)
    seed_catalogue(now)
    for company in COMPANIES:
        seed_company(company, call, now - timedelta(days=JOINED_DAYS_AGO))
    seed_colleagues(now)
    seed_desk(call, now)
    if simulators_run(simulators_within_seconds):
        seed_orders(now)


def seed_call(now: datetime) -> Call:
    """The call that is open today, with the guide's rules and points for a thousand companies."""
    found = Call.objects.filter(code=CALL_CODE).first()
    if found is not None:
        return found
    today = taipei_date(now)
    opens = date(today.year, today.month, 1) - timedelta(days=30)
    return open_call(
        code=CALL_CODE, name="115 年度第 1 梯次", name_en="2026, first call", budget_points=BUDGET_POINTS,
        opens_date=opens, closes_until=opens + timedelta(days=365), rules=Rules(),
        now=datetime(opens.year, opens.month, opens.day, tzinfo=UTC),
    )  # fmt: skip


def seed_calendar(now: datetime) -> None:
    """This year's and the next one's tables, as the package knows them: no source is asked for them."""
    year = taipei_date(now).year
    for one in (year, year + 1):
        if table_of(one) is None:
            import_table(content=package_table(one), name=f"demo-{one}.csv", by=machine("demo"), now=now)


def seed_draft(call: Call, now: datetime) -> None:
    """A second version of the rules that waits for somebody to review it."""
    author = User.objects.get(email=OFFICE[0].email)
    if open_draft(call) is not None or call.rule_sets.count() > 1:
        return
    draft = start_draft(call_code=call.code, by=author, now=now)
    rules = draft.rules.model_copy(update={
        "vendor_answers": Limit(count=3, unit=Unit.WORKING_DAYS), "warnings_days_before": (30, 14, 7, 3, 1),
    })  # fmt: skip
    reason = "廠商平均 2 天就回覆，縮短等待；多一次 30 天前的提醒。"
    save_draft(draft_id=draft.pk, rules=rules, effective_date=None, reason=reason, by=author, now=now)
    step_draft(draft_id=draft.pk, event=DraftEvent.SENT, by=author, now=now)


def seed_office(now: datetime) -> None:
    """One person of each office role, each with a second factor."""
    for person in OFFICE:
        user = open_account(email=person.email, name=person.name, password=DEMO_PASSWORD, now=now)
        give_office_role(user_id=user.pk, role=person.role, actor=machine("demo"), now=now)
        give_second_factor(user)


def seed_vendors(now: datetime) -> None:
    """Approved vendors, each with an owner who can sign in and a shop at the payment gateway."""
    shop = settings.DEMO_SHOP if all(settings.DEMO_SHOP.values()) else TEST_SHOP
    for key, profile in VENDORS.items():
        vendor = register_vendor(profile=profile, now=now)
        approve_vendor(vendor_id=vendor.pk, actor=machine("demo"), now=now)
        owner = open_account(
            email=profile.email, name=VENDOR_OWNERS[key], password=DEMO_PASSWORD, phone=profile.phone, now=now
        )
        add_staff(vendor_id=vendor.pk, user_id=owner.pk, role=Role.VENDOR_OWNER, now=now)
        give_second_factor(owner)
        save_merchant_account(
            vendor_ubn=vendor.ubn, gateway="ecpay", merchant_id=shop["merchant_id"],
            secrets={key: shop[key] for key in ("hash_key", "hash_iv")},
            methods=[Method.CREDIT, Method.WEB_ATM], actor=machine("demo"), now=now,
        )  # fmt: skip


def seed_catalogue(now: datetime) -> None:
    """The shelves and everything on them."""
    define_categories(categories=CATEGORIES, now=now)
    for entry in LISTINGS:
        publish_listing(
            vendor_ubn=VENDORS[entry.vendor].ubn, slug=entry.slug, category_slug=entry.category,
            listing=entry.listing, plans=entry.plans, now=now,
        )  # fmt: skip


def seed_company(company: DemoCompany, call: Call, now: datetime) -> None:
    """A company that has joined, filled in the questionnaire and received its points."""
    if company_by_ubn(company.ubn) is None:
        join(company, call, now)
    if not is_complete(company.ubn, call.code):
        assess(company.ubn, call.code, now)
    if grant_of(company.ubn, call) is None:
        issue_grant(ubn=company.ubn, call_code=call.code, now=now)


def seed_desk(call: Call, now: datetime) -> None:
    """What waits for the office, with the companies it is about."""
    trial = office_desk.seed_trial_call(now)
    for company, joined in office_desk.companies(call, trial):
        if company_by_ubn(company.ubn) is None:
            join(company, joined, now - timedelta(days=JOINED_DAYS_AGO))
        if not is_complete(company.ubn, joined.code):
            assess(company.ubn, joined.code, now - timedelta(days=JOINED_DAYS_AGO))
        issue_grant(ubn=company.ubn, call_code=joined.code, now=now - timedelta(days=JOINED_DAYS_AGO))
    office_desk.seed_decisions(call, now)


def seed_colleagues(now: datetime) -> None:
    """People beside the owners, so that every role has somebody."""
    for person in COLLEAGUES:
        user = open_account(email=person.email, name=person.name, password=DEMO_PASSWORD, now=now)
        if person.role in VENDOR_ROLES:
            vendor = register_vendor(profile=VENDORS[person.at], now=now)
            add_staff(vendor_id=vendor.pk, user_id=user.pk, role=person.role, now=now)
            give_second_factor(user)
        else:
            ubn = next(company.ubn for company in COMPANIES if company.key == person.at)
            adding.add_member(ubn=ubn, user_id=user.pk, role=person.role, actor=machine("demo"), now=now)


def join(company: DemoCompany, call: Call, now: datetime) -> None:
    """The six things of joining; the register's answer is the one its simulator gives for this company."""
    application, _secret = agreeing.start_application(call=call, terms=TERMS, language="zh-hant", ip=None, now=now, machine_now=machine_now())
    number = application.pk
    proving.record_card(application_id=number, identity=card_of(company, now), now=now)
    agreeing.declare(application_id=number, documents=list(DECLARATIONS), ip=None, now=now)
    account = confirming.AccountForm(
        email=company.email, contact_name=company.contact, phone=company.phone, password=DEMO_PASSWORD
    )
    confirming.give_account(application_id=number, account=account, now=now, machine_now=machine_now())
    mail = OutboxMessage.objects.filter(address=company.email).latest("id")
    confirming.verify_email(application_id=number, code=mail.context["code"], now=now, machine_now=machine_now())
    facts = {"name": company.name, "representative": company.representative, "address": company.address}
    deciding.decide(application_id=number, passed=True, reason="", facts=facts, now=now)


def card_of(company: DemoCompany, now: datetime) -> CardIdentity:
    """What the card would have said. The virtual reader may not run yet, so no signature stands behind it."""
    return CardIdentity(
        ubn=company.ubn, company_name=company.name, rank=CardRank.PRIMARY, subject_class=COMPANY_CLASS,
        certificate_der=b"", chain_der=(), fingerprint=sha256(company.ubn.encode()).hexdigest(),
        serial_number="demo", not_valid_after=now + timedelta(days=3650), card_number="", signed_at=now,
        revocation=(),
    )  # fmt: skip


def assess(ubn: str, call_code: str, now: datetime) -> None:
    """Fill in the questionnaire, topic by topic."""
    places = {question.key: place for question, place in zip(QUESTIONS, ANSWERS, strict=True)}
    for topic in Topic:
        answers = {question.key: question.options[places[question.key]].key for question in of_topic(topic)}
        save_topic(company_ubn=ubn, call_code=call_code, topic=topic, answers=answers, now=now)
    complete(company_ubn=ubn, call_code=call_code, now=now)
