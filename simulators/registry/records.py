"""The registers' rows in the shape of the real API (field names and their spelling as published)."""

from datetime import date
from typing import Any

from simulators.people import COMPANIES, VENDORS, Holder, Kind

TYPE_CHECK = "673F0FC0-B3A7-429F-9041-E9866836B66D"
COMPANY_BASIC = "5F64D864-61CB-4D0D-8AD9-492047CC1EA6"
BUSINESS_BASIC = "7E6AFA72-AD6A-46D3-8681-ED77951D912D"
COMPANY_NAME = "9D17AE0D-09B5-4732-A8F4-81ADED04B679"
FILTER_FIELDS = {
    TYPE_CHECK: "No",
    COMPANY_BASIC: "Business_Accounting_NO",
    COMPANY_NAME: "Business_Accounting_NO",
    BUSINESS_BASIC: "President_No",
}


def roc(day: date | None) -> str:
    """1979-07-18 → 0680718; empty for none."""
    return f"{day.year - 1911:03d}{day:%m%d}" if day else ""


def _special(ubn: str, name: str, status: str, capital: int, paid: int, **changes: Any) -> dict[str, Any]:
    row = _company_row(ubn, name, "示範負責人", "臺北市中正區示範路 1 號", capital, paid, date(2010, 1, 4))
    return row | {"Company_Status_Desc": status} | changes


def _company_row(
    ubn: str, name: str, person: str, address: str, capital: int, paid: int, setup: date
) -> dict[str, Any]:
    return {
        "Business_Accounting_NO": ubn, "Company_Status_Desc": "核准設立", "Company_Name": name,
        "Capital_Stock_Amount": capital, "Paid_In_Capital_Amount": paid, "Responsible_Name": person,
        "Company_Location": address, "Register_Organization_Desc": "經濟部商業發展署",
        "Company_Setup_Date": roc(setup), "Change_Of_Approval_Data": roc(setup), "Revoke_App_Date": "",
        "Case_Status": "", "Case_Status_Desc": "", "Sus_App_Date": "", "Sus_Beg_Date": "", "Sus_End_Date": "",
    }  # fmt: skip


def _business_row(holder: Holder) -> dict[str, Any]:
    return {
        "President_No": holder.ubn, "Business_Name": holder.name, "Business_Current_Status": "01",
        "Business_Current_Status_Desc": "核准設立", "Business_Register_Funds": holder.capital_twd,
        "Responsible_Name": holder.representative, "Business_Organization_Type": "06",
        "Business_Organization_Type_Desc": "獨資", "Agency": "379100000G", "Agency_Desc": "地方政府",
        "Business_Address": holder.address, "Business_Setup_Approve_Date": roc(holder.setup_date),
        "Business_Last_Change_Date": roc(holder.setup_date),
    }  # fmt: skip


SPECIAL = {
    "10000004": _special("10000004", "已解散示範有限公司", "解散", 1_000_000, 0),
    "10000009": _special("10000009", "一億整示範股份有限公司", "核准設立", 100_000_000, 100_000_000),
    "10000010": _special("10000010", "一億零一示範股份有限公司", "核准設立", 100_000_001, 100_000_001),
    "10000015": _special("10000015", "停業中示範有限公司", "核准設立", 500_000, 0, Sus_App_Date="1150101", Sus_Beg_Date="1150101", Sus_End_Date="1201231"),
}

HOLDERS = {holder.ubn: holder for holder in (*COMPANIES, *VENDORS)}


def kind_of(ubn: str) -> str:
    """公司, 商業, 分公司 or empty."""
    if ubn in SPECIAL:
        return "公司"
    holder = HOLDERS.get(ubn)
    if holder is None:
        return ""
    return {Kind.COMPANY: "公司", Kind.BUSINESS: "商業", Kind.BRANCH: "分公司"}[holder.kind]


def rows(dataset: str, ubn: str) -> list[dict[str, Any]]:
    """What a data set says of a number."""
    kind = kind_of(ubn)
    if dataset == TYPE_CHECK:
        return [{"exist": "Y" if kind == name else "N", "TYPE": name} for name in ("公司", "分公司", "商業")]
    if dataset in (COMPANY_BASIC, COMPANY_NAME) and kind == "公司":
        return [SPECIAL[ubn] if ubn in SPECIAL else _of_holder(HOLDERS[ubn])]
    if dataset == BUSINESS_BASIC and kind == "商業":
        return [_business_row(HOLDERS[ubn])]
    return []


def _of_holder(holder: Holder) -> dict[str, Any]:
    return _company_row(
        holder.ubn, holder.name, holder.representative, holder.address, holder.capital_twd, holder.paid_in_twd,
        holder.setup_date,
    )  # fmt: skip
