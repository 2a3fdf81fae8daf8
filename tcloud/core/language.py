"""Stored texts in two languages: Chinese is the source, English stands beside it where somebody wrote it."""

from django.utils.translation import get_language


def reads_english() -> bool:
    """Whether this request is read in English."""
    return (get_language() or "").startswith("en")


def in_language(chinese: str, english: str) -> str:
    """The text for the language of this request; Chinese where the English is not given."""
    return english if english and reads_english() else chinese


def list_in_language(chinese: list[str], english: list[str]) -> list[str]:
    """The same for a list of short lines."""
    return english if english and reads_english() else chinese
