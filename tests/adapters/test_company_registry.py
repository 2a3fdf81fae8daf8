"""The register's adapter against its simulator over real HTTP: found, not found and "could not ask" stay apart."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from simulators.people import COMPANIES, EVERYBODY
from simulators.people import Kind as HolderKind
from simulators.registry import app as simulator
from simulators.registry import records
from simulators.registry.app import create_app
from tcloud.adapters.company_registry.client import BUSINESS_BASIC, COMPANY_BASIC, TYPE_CHECK, GcisRegistry
from tcloud.registry.company_registry import CompanyFacts, Kind, RegistryUnavailable
from tests.adapters.served import served

SUNRISE = "12345675"
NOBODY = "99999999"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TCLOUD_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def base(data: Path) -> Iterator[str]:
    with served(create_app()) as address:
        yield address


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def registry(base: str, timeout_seconds: float = 5) -> GcisRegistry:
    return GcisRegistry(base, timeout_seconds)


def facts(base: str, ubn: str) -> CompanyFacts:
    found = registry(base).look_up(ubn).facts
    assert found is not None
    return found


def test_a_company_with_its_evidence(base: str) -> None:
    answer = registry(base).look_up(SUNRISE)
    assert answer.facts == CompanyFacts(
        ubn=SUNRISE, kind=Kind.COMPANY, name="晨光烘焙有限公司", status="核准設立", representative="林晨光",
        address="臺北市大同區延平北路二段 118 號 1 樓", capital_twd=3_000_000, setup_date=date(2016, 3, 14),
        suspended_from=None, suspended_until=None,
    )  # fmt: skip
    assert answer.source == f"gcis:{COMPANY_BASIC}"
    replies = json.loads(answer.raw)
    assert list(replies) == [TYPE_CHECK, COMPANY_BASIC]
    assert json.loads(replies[COMPANY_BASIC])[0]["Company_Setup_Date"] == "1050314"


def test_a_sole_trader_comes_from_the_business_register(base: str) -> None:
    answer = registry(base).look_up("10000036")
    assert answer.source == f"gcis:{BUSINESS_BASIC}"
    found = facts(base, "10000036")
    assert (found.kind, found.name, found.capital_twd) == (Kind.BUSINESS, "示範獨資小吃店", 240_000)
    assert facts(base, "10000042").status == "歇業"


def test_a_branch_is_known_for_what_it_is(base: str) -> None:
    assert facts(base, "41288034").kind is Kind.BRANCH


def test_an_unknown_number_is_not_found(base: str) -> None:
    answer = registry(base).look_up(NOBODY)
    assert (answer.facts, answer.source) == (None, f"gcis:{TYPE_CHECK}")


@pytest.mark.parametrize(
    ("ubn", "capital"),
    [("10000009", 100_000_000), ("10000010", 100_000_001), ("10000026", 3_000_000), ("33509272", 760_000_000)],
)
def test_paid_in_capital_counts_and_registered_capital_where_there_is_none(base: str, ubn: str, capital: int) -> None:
    assert facts(base, ubn).capital_twd == capital


def test_status_and_suspension(base: str) -> None:
    assert facts(base, "10000004").status == "解散"
    suspended = facts(base, "10000015")
    assert (suspended.suspended_from, suspended.suspended_until) == (date(2026, 1, 1), date(2031, 12, 31))
    assert facts(base, "10000021").suspended_until == date(2025, 12, 31)


@pytest.mark.parametrize("mode", ["unauthorised", "limit", "busy", "html", "down"])
def test_a_register_that_cannot_be_asked_is_never_not_found(base: str, mode: str) -> None:
    simulator.set_mode(mode)
    for ubn in (SUNRISE, NOBODY):
        with pytest.raises(RegistryUnavailable):
            registry(base).look_up(ubn)
    simulator.set_mode("ok")
    assert facts(base, SUNRISE).name == "晨光烘焙有限公司"


def test_a_slow_register_is_given_up(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "SLOW_SECONDS", 1.0)
    simulator.set_mode("slow")
    with pytest.raises(RegistryUnavailable, match="ReadTimeout"):
        registry(base, timeout_seconds=0.2).look_up(SUNRISE)


def test_nobody_at_the_address(data: Path) -> None:
    with pytest.raises(RegistryUnavailable, match="ConnectError"):
        registry("http://127.0.0.1:9").look_up(SUNRISE)


def test_the_wrapped_shape_is_understood(base: str) -> None:
    simulator.set_mode("wrapped")
    assert facts(base, SUNRISE).capital_twd == 3_000_000
    assert registry(base).look_up(NOBODY).facts is None


@pytest.mark.parametrize("reply", ['{"Count": 0}', "[1]", '"x"', "null", "<html>", '{"value": null}'])
def test_an_answer_of_another_shape_is_no_answer(data: Path, reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_with(monkeypatch, lambda _: reply)
    with pytest.raises(RegistryUnavailable):
        registry("http://registry.test").look_up(SUNRISE)


@pytest.mark.parametrize("reply", ["", "[]", " \n"])
def test_an_empty_body_means_not_found(data: Path, reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_with(monkeypatch, lambda _: reply)
    assert registry("http://registry.test").look_up(SUNRISE).facts is None


def test_two_data_sets_that_disagree_are_no_answer(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_with(monkeypatch, lambda path: '[{"exist":"Y","TYPE":"公司"}]' if TYPE_CHECK in path else "")
    with pytest.raises(RegistryUnavailable):
        registry("http://registry.test").look_up(SUNRISE)


def test_an_unreadable_suspension_is_no_answer(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = json.dumps([records.COMPANIES[SUNRISE] | {"Sus_Beg_Date": "115/01/01"}])
    answers_with(monkeypatch, lambda path: '[{"exist":"Y","TYPE":"公司"}]' if TYPE_CHECK in path else row)
    with pytest.raises(RegistryUnavailable):
        registry("http://registry.test").look_up(SUNRISE)


def answers_with(monkeypatch: pytest.MonkeyPatch, text) -> None:
    real = httpx.Client

    def client(**options: object) -> httpx.Client:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, text=text(request.url.path)))
        return real(transport=transport, timeout=options["timeout"])

    monkeypatch.setattr(httpx, "Client", client)


# The simulator keeps the published shape -------------------------------------------------------------------------


def ask(browser: httpx.Client, base: str, guid: str, condition: str, **window: str) -> httpx.Response:
    parameters = {"$format": "json", "$filter": condition} | {f"${key}": value for key, value in window.items()}
    return browser.get(f"{base}/od/data/api/{guid}", params=parameters)


def test_a_miss_and_a_malformed_question_have_an_empty_body(base: str, browser: httpx.Client) -> None:
    for condition in (f"Business_Accounting_NO eq {NOBODY}", "nonsense", "", f"President_No eq {SUNRISE}"):
        reply = ask(browser, base, COMPANY_BASIC, condition)
        assert (reply.status_code, reply.text) == (200, "")
    good = f"Business_Accounting_NO eq {SUNRISE}"
    assert ask(browser, base, COMPANY_BASIC, good, top="1001").text == ""
    assert ask(browser, base, COMPANY_BASIC, good, skip="1").text == ""
    assert ask(browser, base, "00000000-0000-0000-0000-000000000000", good).text == ""


def test_filters_with_several_conditions(base: str, browser: httpx.Client) -> None:
    both = ask(browser, base, BUSINESS_BASIC, "President_No eq 70921583 and Agency eq 376610000A").json()
    assert both[0]["Business_Organization_Type_Desc"] == "獨資"
    search = ask(browser, base, records.COMPANY_SEARCH, "Company_Name like 示範 and Company_Status eq 04").json()
    assert [row["Business_Accounting_NO"] for row in search] == ["10000004"]


def test_the_other_data_sets(base: str, browser: httpx.Client) -> None:
    items = ask(browser, base, records.COMPANY_ITEMS, f"Business_Accounting_NO eq {SUNRISE}").json()[0]
    assert set(items["Cmp_Business"][0]) == {"Business_Seq_NO", "Business_Item", "Business_Item_Desc"}
    name = ask(browser, base, records.COMPANY_NAME, f"Business_Accounting_NO eq {SUNRISE}").json()
    assert name == [{"Business_Accounting_NO": SUNRISE, "Company_Name": "晨光烘焙有限公司"}]
    as_xml = browser.get(
        f"{base}/od/data/api/{records.COMPANY_NAME}",
        params={"$format": "xml", "$filter": f"Business_Accounting_NO eq {SUNRISE}"},
    )
    assert "<Company_Name>晨光烘焙有限公司</Company_Name>" in as_xml.text


def test_every_holder_of_a_card_is_in_a_register(base: str) -> None:
    kinds = {HolderKind.COMPANY: "company", HolderKind.BUSINESS: "business", HolderKind.BRANCH: "branch"}
    tables = {"company": records.COMPANIES, "business": records.BUSINESSES, "branch": records.BRANCHES}
    assert all(holder.ubn in tables[kinds[holder.kind]] for holder in EVERYBODY)
    assert len(COMPANIES) > 10


def test_the_tax_register(base: str, browser: httpx.Client) -> None:
    found = browser.get(f"{base}/OAI/api/businessRegistration/{SUNRISE}")
    assert (found.status_code, found.json()["businessNm"]) == (200, "晨光烘焙有限公司")
    assert browser.get(f"{base}/OAI/api/businessRegistration/70921583").json()["businessType"] == "獨資"
    assert browser.get(f"{base}/OAI/api/businessRegistration/{NOBODY}").status_code == 404
    assert browser.get(f"{base}/OAI/api/businessRegistration/10000004").status_code == 404


def test_switches_by_script_and_by_hand(base: str, browser: httpx.Client) -> None:
    assert browser.post(f"{base}/control", json={"mode": "limit"}).json() == {"mode": "limit"}
    assert ask(browser, base, TYPE_CHECK, f"No eq {SUNRISE}").text == "超出本日最大介接次數"
    assert browser.post(f"{base}/control", json={"mode": "party"}).status_code == 422
    assert browser.post(f"{base}/control", json=[]).status_code == 422
    assert browser.post(f"{base}/", data={"mode": "ok"}).status_code == 303
    assert browser.post(f"{base}/", data={"mode": "party"}).status_code == 422
    page = browser.get(f"{base}/").text
    assert 'value="ok" checked' in page
    assert "晨光烘焙有限公司" in page
    assert browser.get(f"{base}/healthz").text == "ok"
