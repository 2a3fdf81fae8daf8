"""我的點數: movements in words, the rules of a grant in words, the period asked for."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from tcloud.core.time import end_of_day
from tcloud.ledger import chart
from tcloud.ledger.queries import Movement, latest_movements, movements
from tcloud.points.queries import Wallet
from tcloud.programme.rules import UseStart
from tcloud.programme.wording import RuleWords, rule_words

PAGE = 20
SHOWN_RULES = ("activation", "activation_by", "use", "warnings_days_before", "released_points_usable")


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One movement as the table shows it; `amount` has its sign."""

    at: datetime
    title: str
    order_number: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class Period:
    """Which days are asked for, both included; empty means all. `until` is exclusive."""

    first_day: date | None
    last_day: date | None

    @property
    def since(self) -> datetime | None:
        """The first instant of the first day."""
        return end_of_day(date.fromordinal(self.first_day.toordinal() - 1)) if self.first_day else None

    @property
    def until(self) -> datetime | None:
        """24:00 of the last day."""
        return end_of_day(self.last_day) if self.last_day else None


def move_row(move: Movement) -> MoveRow:
    """A movement with what it was."""
    order = move.memo if move.entry_key.startswith("order:") else ""
    return MoveRow(move.posted_at, _title(move), order, move.amount, move.balance)


def _title(move: Movement) -> str:
    if move.entry_key.startswith("order:"):
        step = move.entry_key.split(":")[2]
        titles = {"hold": _("訂單送出，保留點數"), "release": _("訂單沒有成立，退回點數"), "refund": _("退訂，退回點數")}
        return titles[step]
    if ":reclaim:" in move.entry_key:
        return _("期限已到，點數收回")
    if ":restore:" in move.entry_key:
        return _("補回暫停期間收回的點數")
    issued = move.entry_key.startswith("grant:") and move.entry_key.count(":") == 2
    return _("核發點數") if issued else _("管理單位調整點數")


class Moves:
    """The movements of a wallet in a period, sliced by the database: what a paginator needs."""

    def __init__(self, wallet: Wallet, period: Period) -> None:
        self.place = chart.wallet(wallet.grant.call.code, wallet.grant.ubn)
        self.period = period

    def __len__(self) -> int:
        return self._read(0, 1)[1]

    def __getitem__(self, part: slice) -> list[MoveRow]:
        return [move_row(move) for move in self._read(part.start, part.stop - part.start)[0]]

    def _read(self, first: int, count: int) -> tuple[list[Movement], int]:
        return latest_movements(self.place, since=self.period.since, until=self.period.until, first=first, count=count)

    def page(self, number: str | None) -> object:
        """One page, the newest first."""
        return Paginator(self, PAGE).get_page(number)  # type: ignore[arg-type]  # sliced and counted, as it needs

    def rows(self) -> list[list[object]]:
        """Every movement for a file, the oldest first."""
        found = map(move_row, movements(self.place, self.period.since, self.period.until))
        return [[row.at.isoformat(), row.title, row.order_number, row.amount, row.balance] for row in found]


def rules_of(wallet: Wallet) -> list[RuleWords]:
    """The rules behind the dates, as the version says under which the points were issued."""
    rules = wallet.grant.rule_set.rules
    names = SHOWN_RULES if rules.use_starts_at is UseStart.GRANT else (*SHOWN_RULES[:3], "use_starts_at", *SHOWN_RULES[3:])
    return [rule_words(name, rules) for name in names]
