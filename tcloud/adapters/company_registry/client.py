"""Asking GCIS: the type check first, then the data set of that kind (reference/company-registry.md §1)."""

import json
from typing import Any

import httpx
from django.conf import settings

from tcloud.core.roc_dates import parse_roc
from tcloud.registry.company_registry import Answer, CompanyFacts, Kind, RegistryUnavailable

TYPE_CHECK = "673F0FC0-B3A7-429F-9041-E9866836B66D"
COMPANY_BASIC = "5F64D864-61CB-4D0D-8AD9-492047CC1EA6"
BUSINESS_BASIC = "7E6AFA72-AD6A-46D3-8681-ED77951D912D"
TIMEOUT_SECONDS = 15


class GcisRegistry:
    """Implements the port `registry.company_registry.CompanyRegistry`."""

    def look_up(self, ubn: str) -> Answer:
        """The facts of a number; raises RegistryUnavailable."""
        rows, raw = self._ask(TYPE_CHECK, f"No eq {ubn}")
        kinds = {row.get("TYPE") for row in rows if row.get("exist") == "Y"}
        if "公司" in kinds:
            return self._company(ubn)
        if "商業" in kinds:
            return self._business(ubn)
        if "分公司" in kinds:
            facts = CompanyFacts(ubn=ubn, kind=Kind.BRANCH, name="", status="核准設立")
            return Answer(f"gcis:{TYPE_CHECK}", facts, raw)
        return Answer(f"gcis:{TYPE_CHECK}", None, raw)

    def _company(self, ubn: str) -> Answer:
        rows, raw = self._ask(COMPANY_BASIC, f"Business_Accounting_NO eq {ubn}")
        if not rows:
            raise RegistryUnavailable("the type check knows a company that the company data set does not")
        row = rows[0]
        # A limited company usually shows registered capital only.
        capital = _whole(row.get("Paid_In_Capital_Amount")) or _whole(row.get("Capital_Stock_Amount"))
        facts = CompanyFacts(
            ubn=ubn, kind=Kind.COMPANY, name=row.get("Company_Name", ""), status=row.get("Company_Status_Desc", ""),
            representative=row.get("Responsible_Name", ""), address=row.get("Company_Location", ""),
            capital_twd=capital, setup_date=_date(row.get("Company_Setup_Date")),
            suspended_from=_date(row.get("Sus_Beg_Date")), suspended_until=_date(row.get("Sus_End_Date")),
        )  # fmt: skip
        return Answer(f"gcis:{COMPANY_BASIC}", facts, raw)

    def _business(self, ubn: str) -> Answer:
        rows, raw = self._ask(BUSINESS_BASIC, f"{settings.GCIS_BUSINESS_FILTER_FIELD} eq {ubn}")
        if not rows:
            raise RegistryUnavailable("the type check knows a business that the business data set does not")
        row = rows[0]
        facts = CompanyFacts(
            ubn=ubn, kind=Kind.BUSINESS, name=row.get("Business_Name", ""),
            status=row.get("Business_Current_Status_Desc", ""), representative=row.get("Responsible_Name", ""),
            address=row.get("Business_Address", ""), capital_twd=_whole(row.get("Business_Register_Funds")),
            setup_date=_date(row.get("Business_Setup_Approve_Date")),
        )  # fmt: skip
        return Answer(f"gcis:{BUSINESS_BASIC}", facts, raw)

    def _ask(self, dataset: str, condition: str) -> tuple[list[dict[str, Any]], str]:
        """Rows and the raw reply. An empty body means nothing found; text that is no JSON means no answer."""
        url = f"{settings.COMPANY_REGISTRY_URL}/od/data/api/{dataset}"
        parameters = {"$format": "json", "$filter": condition, "$skip": "0", "$top": "50"}
        try:
            reply = httpx.get(url, params=parameters, timeout=TIMEOUT_SECONDS)
            reply.raise_for_status()
        except httpx.HTTPError as error:
            raise RegistryUnavailable(str(error)) from error
        text = reply.text.strip()
        if not text:
            return [], ""
        try:
            data = json.loads(text)
        except ValueError as error:
            # 非授權介接, 超出本日最大介接次數, 系統忙碌中 … and HTML pages
            raise RegistryUnavailable(text[:80]) from error
        rows = data.get("value", []) if isinstance(data, dict) else data
        if not isinstance(rows, list):
            raise RegistryUnavailable("an answer of another shape")
        return rows, text


def _whole(value: Any) -> int | None:
    """A whole number above zero, or None."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None


def _date(value: Any) -> Any:
    try:
        return parse_roc(str(value or ""))
    except ValueError:
        return None
