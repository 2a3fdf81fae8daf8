"""The chart of accounts: every place points and cash can be.

`appropriation` is where a call's money comes from, so it may go below zero; a vendor's points account may, because
a refund posts at once and the next payout nets it (PRODUCT.md §5.2). Nothing else may.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An account's name, asset and whether it may go below zero."""

    code: str
    asset: str = "points"
    may_go_negative: bool = False


def appropriation(call: str) -> Place:
    """Where a call's budget comes from."""
    return Place(f"points/call/{call}/appropriation", may_go_negative=True)


def budget_slot(call: str, slot: int) -> Place:
    """One of the equal parts of a call's unallocated budget; several, so that grants do not queue on one row."""
    return Place(f"points/call/{call}/budget/{slot:02d}")


def wallet(call: str, ubn: str) -> Place:
    """A company's points in one call."""
    return Place(f"points/call/{call}/wallet/{ubn}")


def order_hold(number: str) -> Place:
    """Points held for one order."""
    return Place(f"points/order/{number}/hold")


def vendor_points(ubn: str) -> Place:
    """Points a vendor has earned."""
    return Place(f"points/vendor/{ubn}", may_go_negative=True)


def company_cash(ubn: str) -> Place:
    """A company's own money, outside the platform: the other side of every cash fact."""
    return Place(f"twd/company/{ubn}", asset="twd", may_go_negative=True)


def order_cash(number: str) -> Place:
    """Self-pay a vendor has received for one order: a fact, the platform never holds it."""
    return Place(f"twd/order/{number}/received", asset="twd")


def late_cash(number: str) -> Place:
    """Money that reached a vendor for an order that had ended, and is due back."""
    return Place(f"twd/order/{number}/refund-due", asset="twd")
