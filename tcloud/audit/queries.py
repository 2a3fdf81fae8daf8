"""Reading the log."""

from typing import Any

from tcloud.audit.models import AuditRow, AuditSeal


def rows_of(subject: str, most: int) -> list[AuditRow]:
    """What happened to one subject, the newest first."""
    return list(AuditRow.objects.filter(subject=subject).order_by("-id")[:most])


def rows_after(last: int, limit: int) -> list[dict[str, Any]]:
    """Rows in order with their place in the chain, for auditors; two database queries."""
    rows = list(AuditRow.objects.filter(id__gt=last).order_by("id")[:limit])
    seals = {seal.row_id: seal for seal in AuditSeal.objects.filter(row_id__in=[row.pk for row in rows])}
    return [
        {
            "id": row.pk, "at": row.at, "recorded_at": row.recorded_at, "tag": row.tag, "actor": row.actor,
            "actor_name": row.actor_name,
            "subject": row.subject, "details": row.details,
            "hash": seals[row.pk].row_hash if row.pk in seals else None,
            "previous_hash": seals[row.pk].previous_hash if row.pk in seals else None,
        }
        for row in rows
    ]  # fmt: skip
