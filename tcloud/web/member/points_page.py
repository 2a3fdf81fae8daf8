"""我的點數: the period asked for, its movements page by page, the rules of a grant in words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.paginator import Paginator

from tcloud.core.time import end_of_day
from tcloud.points.history import Event, history
from tcloud.points.queries import Wallet
from tcloud.programme.rules import UseStart
from tcloud.programme.wording import RuleWords, rule_words

PAGE = 20
SHOWN_RULES = ("activation", "activation_by", "use", "warnings_days_before", "released_points_usable")


@dataclass(frozen=True, slots=True)
class Period:
    """Which days are asked for, both included; empty means all. `until` is exclusive."""

    first_day: date | None
    last_day: date | None

    @property
    def since(self) -> datetime | None:
        """The first instant of the first day."""
        return end_of_day(self.first_day - timedelta(days=1)) if self.first_day else None

    @property
    def until(self) -> datetime | None:
        """24:00 of the last day."""
        return end_of_day(self.last_day) if self.last_day else None


class Moves:
    """The history of a wallet in a period, sliced by the database: what a paginator needs."""

    def __init__(self, wallet: Wallet, period: Period) -> None:
        self.grant = wallet.grant
        self.period = period

    def __len__(self) -> int:
        return self._read(0, 1)[1]

    def __getitem__(self, part: slice) -> list[Event]:
        return self._read(part.start, part.stop - part.start)[0]

    def _read(self, first: int, count: int | None) -> tuple[list[Event], int]:
        return history(self.grant, since=self.period.since, until=self.period.until, first=first, count=count)

    def page(self, number: str | None) -> object:
        """One page, the newest first."""
        return Paginator(self, PAGE).get_page(number)  # type: ignore[arg-type]  # sliced and counted, as it needs

    def rows(self) -> list[list[object]]:
        """Every line for a file, the oldest first."""
        found = reversed(self._read(0, None)[0])
        return [[row.at.isoformat(), row.title, row.order_number, row.change, row.balance] for row in found]


def rules_of(wallet: Wallet) -> list[RuleWords]:
    """The rules behind the dates, as the version says under which the points were issued."""
    rules = wallet.grant.rule_set.rules
    names = SHOWN_RULES if rules.use_starts_at is UseStart.GRANT else (*SHOWN_RULES[:3], "use_starts_at", *SHOWN_RULES[3:])
    return [rule_words(name, rules) for name in names]
