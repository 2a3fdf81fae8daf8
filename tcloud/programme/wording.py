"""A call's rules in words, in the reader's language: title, value, explanation, and what is wrong with a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tcloud.core.wording import amount
from tcloud.programme.rule_texts import EXPLANATIONS, NOT_ONLINE_YET, SECTIONS, TITLES, VALUES
from tcloud.programme.rules import (
    ActivationTrigger,
    DefaultRefund,
    Limit,
    RefundRule,
    Rules,
    ServiceHours,
    Share,
    Unit,
    UseStart,
    bounds_of,
)

CHOICES: dict[object, Promise] = {
    ActivationTrigger.FIRST_ORDER: gettext_lazy("送出第一張訂單"),
    UseStart.GRANT: gettext_lazy("從核發日起算"),
    UseStart.ACTIVATION: gettext_lazy("從啟用日起算"),
    RefundRule.STARTED_MONTHS_TO_HALF: gettext_lazy("依剩下的月數退，用超過一半不退"),
    DefaultRefund.UNSERVED_MONTHS: gettext_lazy("還沒提供的月份全退"),
}
UNITS: dict[Unit, Promise] = {
    Unit.DAYS: gettext_lazy("天"),
    Unit.WORKING_DAYS: gettext_lazy("個工作天"),
    Unit.MONTHS: gettext_lazy("個月"),
}
_TROUBLES: dict[str, Promise] = {
    "share_whole": gettext_lazy("點數不能付全部的價錢，分子要比分母小。"),
    "hours_order": gettext_lazy("開始時間要早於結束時間。"),
    "weekdays_order": gettext_lazy("每個星期幾只能選一次。"),
    "too_short": gettext_lazy("至少要有一個。"),
    "too_long": gettext_lazy("最多 %(max_length)s 個。"),
    "falling": gettext_lazy("由大到小，每個數字只寫一次，例如 14, 7, 3, 1。"),
    "unit": gettext_lazy("這項規則的單位不能換，換了意思就不同。請用「%(units)s」。"),
    "most": gettext_lazy("這項規則最長 %(span)s。"),
    "fixed_end": gettext_lazy("這一段是從某個日期往前或往後數，不順延。"),
    "activation_after_use": gettext_lazy("啟用期限比使用期限長：點數還沒啟用就到期了。請縮短啟用期限，或延長使用期限。"),
    "released_window": gettext_lazy("「到期前幾天算接近」不能比「最晚到期後幾天」長。"),
    "greater_than_equal": gettext_lazy("不能小於 %(ge)s。"),
    "less_than_equal": gettext_lazy("不能大於 %(le)s。"),
}


@dataclass(frozen=True, slots=True)
class RuleWords:
    """One rule for people: 「廠商回覆接單」「5 個工作天」「廠商沒在期限內回覆，訂單失效，點數全退。」"""

    name: str
    title: str
    value: str
    explanation: str

    @property
    def is_online(self) -> bool:
        """Whether the step it rules can be taken on the platform."""
        return self.name not in NOT_ONLINE_YET


@dataclass(frozen=True, slots=True)
class Section:
    """Rules that belong together, under one heading."""

    key: str
    title: str
    rules: list[RuleWords]


def part(share: Share) -> str:
    """The part of a price that points may pay, in words: 一半, 5 分之 4 (with the space that figures have before them in Chinese)."""
    if 2 * share.numerator == share.denominator:
        return _("一半")
    return _(" %(denominator)s 分之 %(numerator)s") % {
        "numerator": share.numerator, "denominator": share.denominator,
    }  # fmt: skip


def span(limit: Limit) -> str:
    """A limit's length: 1 個月 · 1 month, 5 個工作天 · 5 working days, 2 天 · 2 days."""
    if limit.unit is Unit.MONTHS:
        text = ngettext("%(count)s 個月", "%(count)s 個月", limit.count)
    elif limit.unit is Unit.WORKING_DAYS:
        text = ngettext("%(count)s 個工作天", "%(count)s 個工作天", limit.count)
    else:
        # "%(count)s 天" is the clock's, which is short of room: its English is "d"
        return ngettext("%(days)s 天", "%(days)s 天", limit.count) % {"days": limit.count}
    return text % {"count": limit.count}


def rule_title(name: str) -> str:
    """A rule's name for people. Raises KeyError for what is no rule."""
    return str(TITLES[name])


def rule_words(name: str, rules: Rules) -> RuleWords:
    """A rule's title, its value in a version of the rules, and what it means. Raises KeyError for what is no rule."""
    value = value_words(name, rules)
    return RuleWords(name, str(TITLES[name]), value, str(EXPLANATIONS[name]))


def value_words(name: str, rules: Rules) -> str:
    """The value alone: with its unit, and with the sentence around it where the number alone says too little."""
    value = getattr(rules, name)
    plain = plain_words(value)
    if isinstance(value, Limit) and stays_on_days_off(name, value):
        plain = _("%(span)s（放假不順延）") % {"span": plain}
    sentence = VALUES.get((name, value)) if isinstance(value, bool) else VALUES.get(name)
    return str(sentence) % {"value": plain} if sentence else plain


def stays_on_days_off(name: str, limit: Limit) -> bool:
    """Whether a limit ends on a day off although its rule could move it: the exception, so it is said."""
    return not (limit.moves_to_working_day or limit.unit is Unit.WORKING_DAYS or bounds_of(name).fixed_end)


def plain_words(value: object) -> str:
    """Any kind of value as people read it."""
    if isinstance(value, Limit):
        return span(value)
    if isinstance(value, Share):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, ServiceHours):
        return _hours(value)
    if isinstance(value, tuple):
        return _("、").join(str(part) for part in value)
    if value in CHOICES:
        return str(CHOICES[value])
    return amount(value) if isinstance(value, int) else str(value)


def _hours(hours: ServiceHours) -> str:
    names = [_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日")]
    days = _("每天") if len(hours.weekdays) == 7 else _("星期%(days)s") % {
        "days": _("、").join(names[day - 1] for day in hours.weekdays)
    }  # fmt: skip
    return f"{days} {hours.opens:%H:%M}–{hours.closes:%H:%M}"


def sections(rules: Rules) -> list[Section]:
    """Every rule, in the order and under the headings that pages and papers use."""
    return [
        Section(key, str(title), [rule_words(name, rules) for name in names]) for key, (title, names) in SECTIONS.items()
    ]


def differences(before: Rules, after: Rules) -> list[tuple[RuleWords, RuleWords]]:
    """Rules that two versions answer differently, in order: words before and after."""
    return [
        (rule_words(name, before), rule_words(name, after))
        for _title, names in SECTIONS.values()
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]


def trouble(kind: str, context: Mapping[str, Any]) -> str:
    """What is wrong with a value and what to do, from the type and context of a pydantic error."""
    sentence = _TROUBLES.get(kind)
    if sentence is None:
        return _("這個值看不懂。請照旁邊的說明填寫。")
    words = dict(context)
    if kind == "unit":
        words["units"] = _("、").join(str(UNITS[Unit(unit)]) for unit in context["units"])
    if kind == "most":
        words["span"] = span(Limit(count=context["most"], unit=Unit(context["unit"])))
    return str(sentence) % words
