"""Asking GCIS: the type check first, then the data set of that kind (reference/company-registry.md §1)."""

import json
from datetime import date
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from tcloud.adapters import outbound
from tcloud.core.roc_dates import parse_roc
from tcloud.registry.company_registry import Answer, CompanyFacts, Kind, RegistryUnavailable

TYPE_CHECK = "673F0FC0-B3A7-429F-9041-E9866836B66D"
COMPANY_BASIC = "5F64D864-61CB-4D0D-8AD9-492047CC1EA6"
BUSINESS_BASIC = "7E6AFA72-AD6A-46D3-8681-ED77951D912D"
TIMEOUT_SECONDS = 15.0
SHOWN = 80
"""How many characters of a reply that is no answer stand in the error."""

Row = dict[str, object]


class GcisRegistry:
    """Implements the port `registry.company_registry.CompanyRegistry`."""

    def __init__(self, base_url: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._base_url = (base_url or settings.COMPANY_REGISTRY_URL).rstrip("/")
        self._timeout_seconds = timeout_seconds
        # A registry on this machine is never behind the machine's outgoing proxy.
        self._trust_env = urlsplit(self._base_url).hostname not in ("127.0.0.1", "localhost", "::1")

    def look_up(self, ubn: str) -> Answer:
        """The facts of a number; raises RegistryUnavailable."""
        replies: dict[str, str] = {}
        rows = self._ask(TYPE_CHECK, f"No eq {ubn}", replies)
        kinds = {row.get("TYPE") for row in rows if row.get("exist") == "Y"}
        if "公司" in kinds:
            row = self._one(COMPANY_BASIC, f"Business_Accounting_NO eq {ubn}", replies)
            return _answer(COMPANY_BASIC, _company(ubn, row), replies)
        if "商業" in kinds:
            row = self._one(BUSINESS_BASIC, f"{settings.GCIS_BUSINESS_FILTER_FIELD} eq {ubn}", replies)
            return _answer(BUSINESS_BASIC, _business(ubn, row), replies)
        # A branch is refused for being one: nothing more is asked about it.
        branch = CompanyFacts(ubn=ubn, kind=Kind.BRANCH, name="", status="核准設立") if "分公司" in kinds else None
        return _answer(TYPE_CHECK, branch, replies)

    def _one(self, dataset: str, condition: str, replies: dict[str, str]) -> Row:
        """The row of a number the type check knows; the two disagreeing is no answer."""
        rows = self._ask(dataset, condition, replies)
        if not rows:
            raise RegistryUnavailable("the type check knows a number that its data set does not")
        return rows[0]

    def _ask(self, dataset: str, condition: str, replies: dict[str, str]) -> list[Row]:
        """Rows; the raw reply joins `replies`. An empty body means nothing found, text that is no JSON no answer."""
        parameters = {"$format": "json", "$filter": condition, "$skip": "0", "$top": "50"}
        try:
            with outbound.client(self._timeout_seconds, trust_env=self._trust_env) as client:
                reply = client.get(f"{self._base_url}/od/data/api/{dataset}", params=parameters)
        except httpx.HTTPError as error:
            raise RegistryUnavailable(type(error).__name__) from error
        if reply.status_code != httpx.codes.OK:
            raise RegistryUnavailable(f"HTTP {reply.status_code}")
        replies[dataset] = reply.text
        return _rows(reply.text.strip())


def _rows(text: str) -> list[Row]:
    if not text:
        return []
    try:
        data = json.loads(text)
    except ValueError as error:
        # 非授權介接, 超出本日最大介接次數, 系統忙碌中 … and HTML pages
        raise RegistryUnavailable(text[:SHOWN]) from error
    rows = data.get("value") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RegistryUnavailable("an answer of another shape")
    return rows


def _answer(dataset: str, facts: CompanyFacts | None, replies: dict[str, str]) -> Answer:
    return Answer(f"gcis:{dataset}", facts, json.dumps(replies, ensure_ascii=False))


def _company(ubn: str, row: Row) -> CompanyFacts:
    # A limited company usually shows registered capital only.
    capital = _whole(row.get("Paid_In_Capital_Amount")) or _whole(row.get("Capital_Stock_Amount"))
    return CompanyFacts(
        ubn=ubn, kind=Kind.COMPANY, name=_text(row.get("Company_Name")), status=_text(row.get("Company_Status_Desc")),
        representative=_text(row.get("Responsible_Name")), address=_text(row.get("Company_Location")),
        capital_twd=capital, setup_date=_date(row.get("Company_Setup_Date")),
        suspended_from=_date(row.get("Sus_Beg_Date")), suspended_until=_date(row.get("Sus_End_Date")),
    )  # fmt: skip


def _business(ubn: str, row: Row) -> CompanyFacts:
    return CompanyFacts(
        ubn=ubn, kind=Kind.BUSINESS, name=_text(row.get("Business_Name")),
        status=_text(row.get("Business_Current_Status_Desc")), representative=_text(row.get("Responsible_Name")),
        address=_text(row.get("Business_Address")), capital_twd=_whole(row.get("Business_Register_Funds")),
        setup_date=_date(row.get("Business_Setup_Approve_Date")),
    )  # fmt: skip


def _text(value: object) -> str:
    return str(value or "").strip()


def _whole(value: object) -> int | None:
    """A whole number above zero, or None."""
    text = _text(value)
    return (int(text) or None) if text.isascii() and text.isdecimal() else None


def _date(value: object) -> date | None:
    """A day, None where the register gives none; a day nobody can read is no answer, lest a suspension be missed."""
    try:
        return parse_roc(_text(value))
    except ValueError as error:
        raise RegistryUnavailable(f"unreadable date {_text(value)[:SHOWN]}") from error
