"""Recomputing the journal: what the database stores must be the sum of what was posted."""

from dataclasses import dataclass
from importlib.resources import files

from django.db import connection

_VERIFY = files("tcloud.ledger").joinpath("sql/verify.sql").read_text()


@dataclass(frozen=True, slots=True)
class Difference:
    """The first account whose totals are not the sums of its transfers."""

    account: str
    detail: str


def verify() -> Difference | None:
    """Recompute every account from the journal; None when everything agrees."""
    with connection.cursor() as cursor:
        cursor.execute(_VERIFY)
        row = cursor.fetchone()
    return Difference(account=row[0], detail=row[1]) if row else None
