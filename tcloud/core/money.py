"""Whole numbers of two kinds that the type checker keeps apart: points and New Taiwan dollars.

One point equals NT$1, yet they are never added: points move in the ledger, cash is only recorded.
"""

from typing import NewType

Points = NewType("Points", int)
Twd = NewType("Twd", int)


def tax_included(total: Twd) -> tuple[Twd, Twd]:
    """Split a tax-included price into sales amount and 5 % tax, half up, as an invoice prints it.

    Source: reference/einvoice.md §5; 60,000 → 57,143 + 2,857.
    """
    sales = (total * 200 + 105) // 210
    return Twd(sales), Twd(total - sales)
