"""Where the product runs."""

from enum import StrEnum


class Profile(StrEnum):
    """Where the product runs; the examiner's door exists in `examination` only."""

    PRODUCTION = "production"
    DEMO = "demo"
    EXAMINATION = "examination"
