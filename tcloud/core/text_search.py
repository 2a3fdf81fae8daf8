"""Folding text so that the same words compare equal however they were typed."""

import unicodedata

_SAME_CHARACTER = str.maketrans({"臺": "台", "〇": "零", "　": " "})


def fold(text: str) -> str:
    """NFKC (half and full width), lower case, 臺 as 台, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SAME_CHARACTER)
    return " ".join(folded.split())


def terms(text: str) -> list[str]:
    """The words of a query, folded; at most eight, because more narrow nothing and cost a scan each."""
    return list(dict.fromkeys(fold(text[:200]).split()))[:8]
