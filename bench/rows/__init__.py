"""One module per subject; each registers its rows when it is imported."""

from importlib import import_module

SUBJECTS = ("contracts", "ledger", "ledger_size", "mass", "start", "web")


def load() -> None:
    """Register every row."""
    for subject in SUBJECTS:
        import_module(f"bench.rows.{subject}")
