"""Taking an entry back: by another entry that names it, never by changing anything."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.transactions import operation
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Entry
from tcloud.ledger.services.posting import EntryMissing, Move, post


class AlreadyReversed(Refused):
    """The entry was taken back before, or is itself one that takes another back."""

    code = "already_reversed"
    message = _("這筆帳已經沖回過，不能再沖一次。請看它的帳戶明細，裡面有沖回的那一筆。")


@operation
def reverse(*, of: str, key: str, memo: str, now: datetime) -> bool:
    """Post every move of the entry `of` the other way round, under a key of its own, naming what it takes back.

    Returns True when it was written, False when this very reversal was there already. An entry is taken back once
    (the database holds it to that), and a reversal is not: post the first entry anew instead.
    Raises EntryMissing, AlreadyReversed, InsufficientBalance (what was given is no longer there).
    """
    entry = Entry.objects.filter(key=of).select_related("reversed_by").first()
    if entry is None:
        raise EntryMissing(of)
    by = getattr(entry, "reversed_by", None)
    if entry.reverses_id is not None or (by is not None and by.key != key):
        raise AlreadyReversed
    rows = entry.transfers.select_related("source", "destination").order_by("-id")
    places = {account.code: Place(account.code, account.asset, account.may_go_negative)
              for row in rows for account in (row.source, row.destination)}  # fmt: skip
    moves = [Move(places[row.destination.code], places[row.source.code], row.amount) for row in rows]
    return post(key=key, moves=moves, memo=memo, now=now, reverses=of)
