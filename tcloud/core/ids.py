"""Identifiers that people type or outside systems store."""

import secrets
import string

ALPHANUMERIC = string.ascii_uppercase + string.digits


def check_digit(letters: str, digits: str) -> int:
    """The last digit of an order number: Luhn over the letters' positions (A=10 … Z=35) and the digits.

    One wrong digit, or two neighbours swapped, is found before anybody pays for a stranger's order.
    """
    spelled = "".join(str(ord(letter) - 55) for letter in letters) + digits
    total = 0
    for place, character in enumerate(reversed(spelled)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def order_number(prefix: str, sequence: int) -> str:
    """Two letters and ten digits, the last a check digit, as in the programme's guide (AA12368719…)."""
    digits = f"{sequence:09d}"
    if len(digits) != 9 or len(prefix) != 2:
        raise ValueError("an order number has two letters and nine digits before its check digit")
    return f"{prefix}{digits}{check_digit(prefix, digits)}"


def is_order_number(text: str) -> bool:
    """Whether a text is an order number that could exist."""
    well_formed = len(text) == 12 and text[:2].isascii() and text[:2].isupper() and text[2:].isdecimal()
    return well_formed and check_digit(text[:2], text[2:-1]) == int(text[-1])


def random_code(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """An unguessable code from a cryptographic source."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
