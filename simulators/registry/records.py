"""The registers' rows in the shape of the real API (field names and their spelling as published)."""

from datetime import date
from typing import Any

from simulators.people import EVERYBODY, Holder, Kind

Row = dict[str, Any]

TYPE_CHECK = "673F0FC0-B3A7-429F-9041-E9866836B66D"
COMPANY_BASIC = "5F64D864-61CB-4D0D-8AD9-492047CC1EA6"
COMPANY_ITEMS = "236EE382-4942-41A9-BD03-CA0709025E7C"
COMPANY_NAME = "9D17AE0D-09B5-4732-A8F4-81ADED04B679"
COMPANY_SEARCH = "6BBA2268-1367-4B42-9CCA-BC17499EBE8C"
BRANCH_BASIC = "23632BB3-5DB7-4423-9643-1D4AC140D479"
BUSINESS_BASIC = "7E6AFA72-AD6A-46D3-8681-ED77951D912D"
BUSINESS_NAME = "855A3C87-003A-4930-AA4B-2F4130D713DC"
# The one field each data set is asked by; the original's spelling differs between them.
FILTER_FIELDS = {
    TYPE_CHECK: "No",
    COMPANY_BASIC: "Business_Accounting_NO",
    COMPANY_ITEMS: "Business_Accounting_NO",
    COMPANY_NAME: "Business_Accounting_NO",
    BRANCH_BASIC: "Branch_Office_Business_Accounting_NO",
    BUSINESS_BASIC: "President_No",
    BUSINESS_NAME: "President_No",
}
ACTIVE = "核准設立"
STATUS_CODES = {ACTIVE: "01", "廢止": "02", "解散": "04"}
# Letter of the standard classification → one item of business, enough to see the data set's shape.
ITEMS = {
    "A": ("A101020", "農作物栽培業"), "C": ("C104010", "糖果製造業"), "G": ("G801010", "倉儲業"),
    "H": ("G101061", "汽車貨運業"), "I": ("F501030", "飲料店業"), "J": ("I301010", "資訊軟體服務業"),
    "M": ("I503010", "景觀、室內設計業"),
}  # fmt: skip


def roc(day: date | None) -> str:
    """1979-07-18 → 0680718; empty for none."""
    return f"{day.year - 1911:03d}{day:%m%d}" if day else ""


def _company(ubn: str, name: str, person: str, address: str, capital: int, paid: int, setup: date) -> Row:
    return {
        "Business_Accounting_NO": ubn, "Company_Status_Desc": ACTIVE, "Company_Name": name,
        "Capital_Stock_Amount": capital, "Paid_In_Capital_Amount": paid, "Responsible_Name": person,
        "Company_Location": address, "Register_Organization_Desc": "經濟部商業發展署",
        "Company_Setup_Date": roc(setup), "Change_Of_Approval_Data": roc(setup), "Revoke_App_Date": "",
        "Case_Status": "", "Case_Status_Desc": "", "Sus_App_Date": "", "Sus_Beg_Date": "", "Sus_End_Date": "",
    }  # fmt: skip


def _business(ubn: str, name: str, person: str, address: str, funds: int, setup: date) -> Row:
    return {
        "President_No": ubn, "Business_Name": name, "Business_Current_Status": "01",
        "Business_Current_Status_Desc": ACTIVE, "Business_Register_Funds": funds, "Responsible_Name": person,
        "Business_Organization_Type": "06", "Business_Organization_Type_Desc": "獨資", "Agency": "379100000G",
        "Agency_Desc": "地方政府", "Business_Address": address, "Business_Setup_Approve_Date": roc(setup),
        "Business_Last_Change_Date": roc(setup),
    }  # fmt: skip


def _branch(holder: Holder) -> Row:
    return {
        "Branch_Office_Business_Accounting_NO": holder.ubn, "Branch_Office_Name": holder.name,
        "Branch_Office_Manager_Name": holder.representative, "Branch_Office_Location": holder.address,
        "Branch_Office_Status_Desc": ACTIVE, "Branch_Office_Setup_Date": roc(holder.setup_date),
    }  # fmt: skip


def _special(ubn: str, name: str, capital: int, paid: int, **changes: object) -> Row:
    """A company whose card nobody has: it only shows what a register can say."""
    return _company(ubn, name, "示範負責人", "臺北市中正區示範路 1 號", capital, paid, date(2010, 1, 4)) | changes


SPECIAL_COMPANIES = (
    _special("10000004", "已解散示範有限公司", 1_000_000, 0, Company_Status_Desc="解散",
             Case_Status="3", Case_Status_Desc="解散", Revoke_App_Date="1140630"),
    _special("10000009", "一億整示範股份有限公司", 200_000_000, 100_000_000),
    _special("10000010", "一億零一示範股份有限公司", 200_000_000, 100_000_001),
    _special("10000015", "停業中示範有限公司", 500_000, 0,
             Sus_App_Date="1150101", Sus_Beg_Date="1150101", Sus_End_Date="1201231"),
    _special("10000021", "復業示範有限公司", 500_000, 0,
             Sus_App_Date="1140101", Sus_Beg_Date="1140101", Sus_End_Date="1141231"),
    _special("10000026", "未列實收資本示範有限公司", 3_000_000, 0),
    _special("10000031", "已廢止示範股份有限公司", 5_000_000, 5_000_000, Company_Status_Desc="廢止"),
)  # fmt: skip
SPECIAL_BUSINESSES = (
    _business("10000036", "示範獨資小吃店", "示範負責人", "臺北市中正區示範路 2 號", 240_000, date(2019, 5, 6)),
    _business("10000042", "歇業示範商行", "示範負責人", "臺北市中正區示範路 3 號", 200_000, date(2012, 3, 1))
    | {"Business_Current_Status": "03", "Business_Current_Status_Desc": "歇業"},
)


def _of(kind: Kind) -> list[Holder]:
    return [holder for holder in EVERYBODY if holder.kind is kind]


COMPANIES: dict[str, Row] = {
    row["Business_Accounting_NO"]: row
    for row in (
        *(_company(h.ubn, h.name, h.representative, h.address, h.capital_twd, h.paid_in_twd, h.setup_date)
          for h in _of(Kind.COMPANY)),
        *SPECIAL_COMPANIES,
    )
}  # fmt: skip
BUSINESSES: dict[str, Row] = {
    row["President_No"]: row
    for row in (
        *(_business(h.ubn, h.name, h.representative, h.address, h.capital_twd, h.setup_date)
          for h in _of(Kind.BUSINESS)),
        *SPECIAL_BUSINESSES,
    )
}  # fmt: skip
BRANCHES: dict[str, Row] = {holder.ubn: _branch(holder) for holder in _of(Kind.BRANCH)}
INDUSTRIES = {holder.ubn: holder.industry for holder in EVERYBODY}


def known() -> list[tuple[str, str, str, str]]:
    """Everybody in the registers: number, name, kind, what is special (status, or the suspension's last day)."""
    rows = [
        (ubn, row["Company_Name"], "公司", _remark(row["Company_Status_Desc"], row["Sus_End_Date"]))
        for ubn, row in COMPANIES.items()
    ]
    rows += [
        (ubn, row["Business_Name"], "商業", _remark(row["Business_Current_Status_Desc"], ""))
        for ubn, row in BUSINESSES.items()
    ]
    return rows + [(ubn, row["Branch_Office_Name"], "分公司", ACTIVE) for ubn, row in BRANCHES.items()]


def _remark(status: str, suspended_until: str) -> str:
    return f"{status}，停業至 {suspended_until}" if suspended_until else status


def rows(dataset: str, ubn: str) -> list[Row]:
    """What a data set says of a number; no row where it knows nothing."""
    if dataset == TYPE_CHECK:
        kinds = (("公司", COMPANIES), ("分公司", BRANCHES), ("商業", BUSINESSES))
        return [{"exist": "Y" if ubn in table else "N", "TYPE": kind} for kind, table in kinds]
    if dataset in (COMPANY_BASIC, COMPANY_ITEMS, COMPANY_NAME):
        return [_shaped(dataset, row) for row in _one(COMPANIES, ubn)]
    if dataset == BUSINESS_NAME:
        return [{"President_No": ubn, "Business_Name": row["Business_Name"]} for row in _one(BUSINESSES, ubn)]
    return _one(BUSINESSES if dataset == BUSINESS_BASIC else BRANCHES, ubn)


def _one(table: dict[str, Row], ubn: str) -> list[Row]:
    return [table[ubn]] if ubn in table else []


def _shaped(dataset: str, row: Row) -> Row:
    """A company in the shape of the basic set, the set with items, or number and name only."""
    ubn = row["Business_Accounting_NO"]
    if dataset == COMPANY_NAME:
        return {"Business_Accounting_NO": ubn, "Company_Name": row["Company_Name"]}
    if dataset == COMPANY_ITEMS:
        code, text = ITEMS.get(INDUSTRIES.get(ubn, ""), ("ZZ99999", "除許可業務外，得經營法令非禁止或限制之業務"))
        item = {"Business_Seq_NO": "0001", "Business_Item": code, "Business_Item_Desc": text}
        return row | {"Cmp_Business": [item]}
    return row


def search(part_of_name: str, status: str) -> list[Row]:
    """Companies whose name holds a text and whose status has a code."""
    found = [row for row in COMPANIES.values() if part_of_name in row["Company_Name"]]
    return [
        row | {"Company_Status": status, "Register_Organization": "05"}
        for row in found if STATUS_CODES.get(row["Company_Status_Desc"]) == status
    ]  # fmt: skip


def taxpayer(ban: str) -> Row | None:
    """The tax register's entry, or None; who is dissolved or closed is not in it any more."""
    row = COMPANIES.get(ban) or BUSINESSES.get(ban) or BRANCHES.get(ban)
    if row is None or ACTIVE not in row.values():
        return None
    kind = "獨資" if ban in BUSINESSES else "分公司" if ban in BRANCHES else "股份有限公司"
    if ban in COMPANIES and "股份" not in row["Company_Name"]:
        kind = "有限公司"

    def first(*fields: str) -> object:
        return next((row[field] for field in fields if field in row), "")

    return {
        "ban": ban,
        "businessNm": first("Company_Name", "Business_Name", "Branch_Office_Name"),
        "businessAddress": first("Company_Location", "Business_Address", "Branch_Office_Location"),
        "headquartersBan": "",
        "capitalAmount": first("Capital_Stock_Amount", "Business_Register_Funds"),
        "businessSetupDate": first("Company_Setup_Date", "Business_Setup_Approve_Date", "Branch_Office_Setup_Date"),
        "businessType": kind,
        "isUseInvoice": "N" if kind == "獨資" else "Y",
        "industryCd": "",
        "industryNm": "",
    }
