"""Every rule has a title, a value in words and an explanation, in both languages; what is wrong is said in words."""

import pytest
from django.utils.translation import override
from pydantic import ValidationError

from tcloud.programme.rule_texts import SECTIONS
from tcloud.programme.rules import Limit, Rules, Share, Unit, bounds_of
from tcloud.programme.wording import differences, rule_words, sections, span, trouble

EN, ZH = "en", "zh-hant"


@pytest.mark.parametrize(
    ("limit", "chinese", "english"),
    [
        (Limit(count=1, unit=Unit.MONTHS), "1 個月", "1 month"),
        (Limit(count=3, unit=Unit.MONTHS), "3 個月", "3 months"),
        (Limit(count=5, unit=Unit.WORKING_DAYS), "5 個工作天", "5 working days"),
        (Limit(count=1, unit=Unit.WORKING_DAYS), "1 個工作天", "1 working day"),
        (Limit(count=2, unit=Unit.DAYS), "2 天", "2 days"),
        (Limit(count=1, unit=Unit.DAYS), "1 天", "1 day"),
    ],
)
def test_a_span_is_said_with_its_unit(limit: Limit, chinese: str, english: str) -> None:
    with override(ZH):
        assert span(limit) == chinese
    with override(EN):
        assert span(limit) == english


@pytest.mark.parametrize(
    ("name", "chinese", "english"),
    [
        ("points_per_company", "30,000 點", "30,000 points"),
        ("points_share", "最多付總價的 1/2", "At most 1/2 of the price"),
        ("warnings_days_before", "14、7、3、1 天前", "14, 7, 3, 1 days before"),
        ("earlier_grant_excludes", "不能再申請", "Cannot apply again"),
        ("renewals_take_points", "不能", "Not possible"),
        ("use_starts_at", "從核發日起算", "From the grant date"),
        ("open_attempt_grace_hours", "最多 24 小時", "At most 24 hours"),
        ("chat", "每天 09:00–18:00", "Every day, 09:00–18:00"),
    ],
)
def test_a_value_is_said_in_both_languages(name: str, chinese: str, english: str) -> None:
    with override(ZH):
        assert rule_words(name, Rules()).value == chinese
    with override(EN):
        assert rule_words(name, Rules()).value == english


def test_every_rule_stands_in_exactly_one_section_and_is_explained() -> None:
    named = [name for _title, names in SECTIONS.values() for name in names]

    assert sorted(named) == sorted(Rules.model_fields)
    with override(EN):
        for section in sections(Rules()):
            assert all(rule.title and rule.value and rule.explanation for rule in section.rules)
            assert all(rule.explanation.isascii() or "’" in rule.explanation or "“" in rule.explanation
                       for rule in section.rules)  # fmt: skip


def test_two_versions_differ_where_their_values_do() -> None:
    after = Rules(points_share=Share(numerator=4, denominator=5), vendor_answers=Limit(count=3, unit=Unit.WORKING_DAYS))

    with override(ZH):
        changed = [(old.name, old.value, new.value) for old, new in differences(Rules(), after)]

    assert changed == [
        ("points_share", "最多付總價的 1/2", "最多付總價的 4/5"), ("vendor_answers", "5 個工作天", "3 個工作天"),
    ]  # fmt: skip
    assert differences(after, after) == []


def _limit(count: int, unit: str, **more: bool) -> dict[str, object]:
    return {"count": count, "unit": unit, **more}


@pytest.mark.parametrize(
    ("values", "where", "chinese"),
    [
        ({"vendor_answers": _limit(5, "days")}, ("vendor_answers",), "這項規則的單位不能換，換了意思就不同。請用「個工作天」。"),
        ({"self_pay": _limit(2, "working_days")}, ("self_pay",), "這項規則的單位不能換，換了意思就不同。請用「天」。"),
        ({"use": _limit(60, "working_days")}, ("use",), "這項規則的單位不能換，換了意思就不同。請用「天、個月」。"),
        ({"use": _limit(37, "months")}, ("use",), "這項規則最長 36 個月。"),
        ({"invoice": _limit(0, "days")}, ("invoice", "count"), "不能小於 1。"),
        ({"released_points_cap": _limit(60, "days")}, ("released_points_cap",), "這一段是從某個日期往前或往後數，不順延。"),
        ({"points_share": {"numerator": 2, "denominator": 2}}, ("points_share",), "點數不能付全部的價錢，分子要比分母小。"),
        ({"points_per_company": 0}, ("points_per_company",), "不能小於 1。"),
        ({"warnings_days_before": [1, 3]}, ("warnings_days_before",), "由大到小，每個數字只寫一次，例如 14, 7, 3, 1。"),
        ({"warnings_days_before": []}, ("warnings_days_before",), "至少要有一個。"),
        ({"open_attempt_grace_hours": 73}, ("open_attempt_grace_hours",), "不能大於 72。"),
        ({"activation": _limit(4, "months")}, (), "啟用期限比使用期限長：點數還沒啟用就到期了。請縮短啟用期限，或延長使用期限。"),
        ({"chat": {"weekdays": [2, 1]}}, ("chat",), "每個星期幾只能選一次。"),
        ({"released_points_cap": _limit(5, "days", moves_to_working_day=False)}, (),
         "「到期前幾天算接近」不能比「最晚到期後幾天」長。"),
        ({"chat": {"opens": "18:00", "closes": "09:00"}}, ("chat",), "開始時間要早於結束時間。"),
        ({"points_per_company": "many"}, ("points_per_company",), "這個值看不懂。請照旁邊的說明填寫。"),
    ],
)
def test_what_is_wrong_is_said_in_words(values: dict[str, object], where: tuple[str, ...], chinese: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Rules.model_validate(values)

    error = raised.value.errors()[0]
    assert error["loc"] == where
    with override(ZH):
        assert trouble(error["type"], error.get("ctx", {})) == chinese
    with override(EN):
        assert trouble(error["type"], error.get("ctx", {})) not in ("", chinese)


def test_an_older_version_reads_with_the_guides_value_for_a_rule_it_did_not_know() -> None:
    stored = {"points_per_company": 20_000, "use": _limit(3, "months", moves_to_working_day=True)}

    rules = Rules.model_validate(stored)

    assert (rules.points_per_company, rules.payout.count) == (20_000, 30)


def test_a_limit_that_stays_on_days_off_says_so() -> None:
    stays = Rules(self_pay=Limit(count=2, unit=Unit.DAYS, moves_to_working_day=False))

    with override(ZH):
        assert [after.value for _before, after in differences(Rules(), stays)] == ["2 天（放假不順延）"]
        assert rule_words("released_points_cap", Rules()).value == "60 天"
    with override(EN):
        assert rule_words("self_pay", stays).value == "2 days (also when that day is off)"


def test_weekdays_are_named_where_not_every_day_is_served() -> None:
    rules = Rules.model_validate({"chat": {"weekdays": [1, 5]}})

    with override(ZH):
        assert rule_words("chat", rules).value == "星期一、五 09:00–18:00"


def test_only_limits_have_bounds() -> None:
    with pytest.raises(KeyError):
        bounds_of("points_share")
