"""`python -m bench [prefix]`: a table on the screen and bench/out/report.json."""

import os
import sys
from contextlib import ExitStack
from tempfile import TemporaryDirectory

from tests.ports import as_variables, free_ports


def main() -> None:
    """Bring a database, load Django and every row, measure, print."""
    with ExitStack() as stack:
        os.environ.setdefault("TCLOUD_PROFILE", "demo")
        if "TCLOUD_DATA" not in os.environ:  # nothing of a demonstration that runs here is touched, no port of it taken
            os.environ["TCLOUD_DATA"] = stack.enter_context(TemporaryDirectory(prefix="tcloud-bench-"))
            os.environ |= as_variables(free_ports())
        if "DATABASE_URL" not in os.environ:
            from tcloud.cli.postgres import temporary_cluster

            os.environ["DATABASE_URL"] = stack.enter_context(temporary_cluster())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tcloud.config.settings")
        import django

        django.setup()
        from rich.console import Console
        from rich.table import Table

        from bench import rows, runner

        rows.load()
        table = Table("row", "value", "unit", "ratio", "beside", "goal", "runs", "min", "max", "note")
        for entry in runner.run(sys.argv[1] if len(sys.argv) > 1 else ""):
            keys = ("name", "value", "unit", "ratio", "reference", "goal", "runs", "min", "max", "note")
            table.add_row(*(str(entry.get(key, "–")) for key in keys))
        Console(width=max(Console().width, 150)).print(table)
        print(f"report: {runner.OUT}")


if __name__ == "__main__":
    main()
