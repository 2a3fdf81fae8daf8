"""Stored texts in two languages: Chinese is the source, English stands beside it where somebody wrote it."""

from django.utils.translation import get_language


def in_language(chinese: str, english: str) -> str:
    """The text for the language of this request; Chinese where the English is not given."""
    return english if english and (get_language() or "").startswith("en") else chinese
