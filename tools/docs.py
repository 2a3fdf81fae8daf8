"""Draws what the documentation shows of the code, then builds it: `make docs`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def order_states() -> str:
    """The state table of an order as a table and a diagram."""
    from tcloud.orders.states import TRANSITIONS, WHO_ACTS, State

    lines = ["# States of an order", "", "Made from `tcloud/orders/states.py` by `make docs`; do not edit.", ""]
    lines += ["| state | 中文 | who acts |", "|---|---|---|"]
    lines += [f"| `{state}` | {state.label} | {WHO_ACTS[state]} |" for state in State]
    lines += ["", "| from | event | to |", "|---|---|---|"]
    lines += [f"| `{source}` | {event.label} `{event}` | `{target}` |" for (source, event), target in TRANSITIONS.items()]
    return "\n".join(lines) + "\n"


def rules_of_a_call() -> str:
    """Every rule with the guide's value, and the life of a draft."""
    from django.utils.translation import override

    from tcloud.programme.rule_texts import SECTIONS
    from tcloud.programme.rules import Rules
    from tcloud.programme.states import TRANSITIONS
    from tcloud.programme.wording import rule_words

    lines = ["# Rules of a call", "", "Made from `tcloud/programme/` by `make docs`; do not edit.", ""]
    lines += ["| rule | 中文 | the guide's value | meaning |", "|---|---|---|---|"]
    for name in (name for _title, names in SECTIONS.values() for name in names):
        with override("zh-hant"):
            chinese = rule_words(name, Rules()).title
        with override("en"):
            english = rule_words(name, Rules())
        lines.append(f"| `{name}` | {chinese} | {english.value} | {english.explanation} |")
    lines += ["", "A draft goes this way:", "", "| from | event | to |", "|---|---|---|"]
    lines += [f"| `{source}` | `{event}` | `{target}` |" for (source, event), target in TRANSITIONS.items()]
    return "\n".join(lines) + "\n"


def retention() -> str:
    """What is kept for a while only: how long, and why."""
    from tcloud.jobs.retention import RETENTION

    lines = ["# What is kept how long", "", "Made from `tcloud/jobs/retention.py` by `make docs`; do not edit.", ""]
    lines += ["| what | days | since | why |", "|---|---|---|---|"]
    lines += [f"| {kept.what} | {kept.span.days} | {kept.since} | {kept.why} |" for kept in RETENTION]
    lines += [
        "", "The worker forgets once a night, five hundred rows at a time; a run that failed is made up for by the next.", "",
        "Contracts, points, payments, decisions, consents with their texts, the evidence of accepted card signatures and the audit",
        "log are not in this table: the database refuses to delete them.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def figures(report: dict[str, Any]) -> str:
    """The bench's report as a page; each figure with the conditions it was measured under."""
    from bench import rows, runner

    rows.load()
    machine = report["machine"]
    lines = ["# Figures", "", "Made from `bench/out/report.json` by `make docs`; do not edit.", ""]
    lines += [f"Machine: {machine['cores']} cores {machine['cpu']}, Python {machine['python']}, {machine['system']}.", ""]
    lines += ["`ratio` is ours divided by the reference, both measured in turn in one run.", ""]
    lines += ["| figure | median | min–max | runs | goal | ratio | reference | when | commit |", "|---|---|---|---|---|---|---|---|---|"]
    for row in report["rows"]:
        spread = f"{row['min']}–{row['max']}"
        facts = (f"`{row['name']}`", f"{row['value']} {row['unit']}", spread, row["runs"], row["goal"], row.get("ratio", "–"))
        more = (row.get("reference", "–"), row["at"][:10], f"`{row['commit']}`")
        lines.append("| " + " | ".join(str(fact) for fact in facts + more) + " |")
    lines += ["", "How each is measured:", ""]
    lines += [f"- `{row['name']}`: {runner.ROWS[row['name']].measure.__doc__}" for row in report["rows"] if row["name"] in runner.ROWS]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the generated pages; build the site where mkdocs is installed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tcloud.config.settings")
    os.environ.setdefault("TCLOUD_PROFILE", "demo")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    (ROOT / "docs" / "reference" / "order-states.md").write_text(order_states())
    (ROOT / "docs" / "reference" / "rules.md").write_text(rules_of_a_call())
    (ROOT / "docs" / "reference" / "retention.md").write_text(retention())
    report = ROOT / "bench" / "out" / "report.json"
    if report.exists():
        (ROOT / "docs" / "reference" / "figures.md").write_text(figures(json.loads(report.read_text())))
    if "--pages-only" in sys.argv:
        return
    uv = next((str(path) for path in (ROOT / ".tools").glob("uv-*")), "uv")
    command = [uv, "run", "--frozen", "--no-default-groups", "--group", "docs", "mkdocs", "build", "--strict", "--quiet"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "UV_PROJECT_ENVIRONMENT": str(ROOT / ".tools" / "docs-environment")}
    raise SystemExit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
