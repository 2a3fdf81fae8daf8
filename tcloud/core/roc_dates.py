"""Dates of the Republic of China calendar, as registers write them."""

from datetime import date


def parse_roc(text: str) -> date | None:
    """0680718 → 1979-07-18. None for empty or all zeros; raises ValueError for a day that does not exist.

    Source: reference/taiwan-calendar.md §7: 7 digits YYYMMDD, 6 digits for years before 100.
    """
    digits = text.strip()
    if not digits or set(digits) == {"0"}:
        return None
    if not digits.isdecimal() or len(digits) not in (6, 7):
        raise ValueError(f"not a ROC date: {text!r}")
    digits = digits.zfill(7)
    return date(int(digits[:3]) + 1911, int(digits[3:5]), int(digits[5:]))
