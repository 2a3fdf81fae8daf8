"""Who can sign in to the demonstration. Invented people, one password, fixed second factors: never outside a demo."""

from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha1

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tcloud.demo.catalogue import VENDORS
from tcloud.identity.models import User
from tcloud.identity.roles import COMPANY_ROLES, ROLE_NAMES, SECOND_FACTOR_ROLES, VENDOR_ROLES, Role

DEMO_PASSWORD = "demo-only-2026"  # noqa: S105  (the one password of the demonstration, printed on its sign-in page)
CODE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class OfficePerson:
    """Somebody of the office, in one role."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A company that has already begun its journey. Facts as in the company registry."""

    key: str
    ubn: str
    name: str
    representative: str
    address: str
    contact: str
    phone: str
    pin: str = "123456"

    @property
    def email(self) -> str:
        """The owner's sign-in."""
        return f"owner@{self.key}.example"


OFFICE: tuple[OfficePerson, ...] = (
    OfficePerson("admin@office.example", "管思齊", Role.ADMINISTRATOR),
    OfficePerson("reviewer@office.example", "沈明查", Role.REVIEWER),
    OfficePerson("finance@office.example", "錢守信", Role.FINANCE),
    OfficePerson("editor@office.example", "文采薇", Role.EDITOR),
    OfficePerson("auditor@office.example", "稽若水", Role.AUDITOR),
)

VENDOR_OWNERS: dict[str, str] = {
    "daolang": "賴稻軒", "goodday": "周好真", "greenfield": "方青田", "hefeng": "江禾豐", "gatekeeper": "石守門",
    "on-time": "簡準", "open-door": "門少康", "drop-in": "許串紅", "iron-horse": "鐵正輝",
}  # fmt: skip

VENDOR_NOTES: dict[str, str | Promise] = {
    "daolang": _("賣「巷口點餐 POS」"),
    "drop-in": _("有一張服務中的訂單"),
    "on-time": _("有一張等您回覆的訂單"),
}

# The visitor's own journey starts with 晨光烘焙有限公司, which therefore is not here.
FIRST_COMPANY = "晨光烘焙有限公司"
WITH_POINTS = DemoCompany(
    "twin-brooks", "24468011", "雙溪茶業有限公司", "葉雙喜", "新北市雙溪區中正路 27 號", "葉小溪", "02-5550-0201",
)  # fmt: skip
WITH_ORDER = DemoCompany(
    "coastline", "52831044", "海線貨運有限公司", "陳海生", "臺中市梧棲區臺灣大道十段 52 號", "陳怡安", "04-5550-0202",
)  # fmt: skip
COMPANIES: tuple[DemoCompany, ...] = (WITH_POINTS, WITH_ORDER)

# Companies on the office's desk; nobody signs in as them.
FROZEN = DemoCompany(
    "corner-print", "91234560", "轉角影印有限公司", "賈印", "新竹市北區中正路 90 號", "賈小印", "03-5550-0203",
)  # fmt: skip
TRIED = DemoCompany(
    "rain-umbrella", "91234597", "雨天製傘有限公司", "傅雨", "彰化縣和美鎮彰美路 8 號", "傅小晴", "04-5550-0204",
)  # fmt: skip
WAITS = DemoCompany(
    "mountain-gear", "44712082", "登高戶外用品股份有限公司", "高登峰", "臺中市西屯區文心路三段 155 號", "高小峰", "04-5550-0205",
)  # fmt: skip
ON_THE_DESK: tuple[DemoCompany, ...] = (FROZEN, TRIED, WAITS)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works beside an owner: `at` is the key of a demo company or vendor."""

    email: str
    name: str
    role: Role
    at: str


COLLEAGUES: tuple[Colleague, ...] = (
    Colleague("member@coastline.example", "林小貝", Role.COMPANY_MEMBER, WITH_ORDER.key),
    Colleague("books@coastline.example", "蘇靜帳", Role.BOOKKEEPER, WITH_ORDER.key),
    Colleague("staff@daolang.example", "賴小穗", Role.VENDOR_STAFF, "daolang"),
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One row of the sign-in table. `code` is the second factor of this moment; empty where none is asked for."""

    who: str
    role: str | Promise
    email: str
    password: str
    code: str
    note: str | Promise = ""


def accounts_of_the_demonstration() -> list[str]:
    """Active accounts that only a demonstration may have: its people, by name or by an ending nobody can register."""
    named = Q(email__in=[person.email for person in sign_in_table(0)])
    return list(User.objects.filter(named | Q(email__endswith=".example"), is_active=True).order_by("email").values_list("email", flat=True))


def totp_secret(email: str) -> str:
    """A person's fixed TOTP secret (base32): the same after every `make demo-reset`, so a phone may keep it."""
    return b32encode(sha1(f"tcloud demo {email}".encode(), usedforsecurity=False).digest()).decode()


def current_code(email: str, unix_seconds: float) -> str:
    """The six digits a phone would show at an instant of the machine's clock."""
    return str(format_hotp_value(hotp_value(totp_secret(email), int(unix_seconds) // CODE_SECONDS)))


def give_second_factor(user: User) -> None:
    """Set the person's TOTP up with the fixed secret, if they have none."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(user, totp_secret(user.email))


def _colleague(person: Colleague, where: str, unix_seconds: float) -> SignIn:
    code = current_code(person.email, unix_seconds) if person.role in SECOND_FACTOR_ROLES else ""
    return SignIn(f"{where}　{person.name}", ROLE_NAMES[person.role], person.email, DEMO_PASSWORD, code)


def sign_in_table(unix_seconds: float) -> list[SignIn]:
    """Everybody who can sign in, companies first; codes for the instant given (machine time)."""
    companies = [
        SignIn(WITH_POINTS.name, ROLE_NAMES[Role.COMPANY_OWNER], WITH_POINTS.email, DEMO_PASSWORD, "",
               _("已有 30,000 點，可以直接選購")),
        SignIn(WITH_ORDER.name, ROLE_NAMES[Role.COMPANY_OWNER], WITH_ORDER.email, DEMO_PASSWORD, "",
               _("有一張服務中、一張等廠商回覆的訂單")),
        *(_colleague(person, WITH_ORDER.name, unix_seconds) for person in COLLEAGUES if person.role in COMPANY_ROLES),
    ]  # fmt: skip
    vendors = [
        SignIn(
            f"{VENDORS[key].short_name}　{name}", ROLE_NAMES[Role.VENDOR_OWNER], VENDORS[key].email, DEMO_PASSWORD,
            current_code(VENDORS[key].email, unix_seconds), VENDOR_NOTES.get(key, ""),
        )
        for key, name in VENDOR_OWNERS.items()
    ]  # fmt: skip
    vendors += [
        _colleague(person, VENDORS[person.at].short_name, unix_seconds)
        for person in COLLEAGUES
        if person.role in VENDOR_ROLES
    ]
    office = [
        SignIn(
            person.name, ROLE_NAMES[person.role], person.email, DEMO_PASSWORD,
            current_code(person.email, unix_seconds),
        )
        for person in OFFICE
    ]  # fmt: skip
    return companies + vendors + office
