"""The rights of the role that web and worker run as: it cannot change what was posted, nor take the guards away.

What the triggers refuse, the role may not even ask for; both are read from the database itself, so a new append-only
table needs no second list.
"""

from django.db import connection, transaction
from psycopg import sql

ONLY_THESE_COLUMNS = {"ledger_account": ("received", "sent", "last_posted_at")}
"""An account's name, asset and limit stay as they were opened."""
READ_ONLY = ("django_migrations",)

# pg_trigger.tgtype: 1 row, 2 before, 8 delete, 16 update. A statement trigger that fires before can only be a refusal here.
REFUSALS = """
SELECT c.relname,
       coalesce(bool_or(t.tgtype & 8 > 0), false) AS no_delete,
       coalesce(bool_or(t.tgtype & 16 > 0), false) AS no_update
FROM pg_class c
LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 2 > 0 AND t.tgtype & 1 = 0
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
GROUP BY c.relname ORDER BY c.relname
"""


def grant_to(role: str) -> dict[str, str]:
    """Give an existing role exactly what web and worker need; returns the rights by table. Run as the tables' owner.

    Never TRUNCATE, TRIGGER or REFERENCES, never ownership: without them no trigger can be dropped or switched off.
    """
    given: dict[str, str] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        name = sql.Identifier(role)
        cursor.execute("SELECT current_schema()")
        schema = sql.Identifier(cursor.fetchone()[0])
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}", "GRANT USAGE ON SCHEMA {schema} TO {name}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        ):  # fmt: skip
            cursor.execute(sql.SQL(statement).format(schema=schema, name=name))
        cursor.execute(REFUSALS)
        for table, no_delete, no_update in cursor.fetchall():
            rights = _rights(table, no_delete=no_delete, no_update=no_update)
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), sql.Identifier(table), name))
            given[table] = rights
    return given


def _rights(table: str, *, no_delete: bool, no_update: bool) -> str:
    if table in READ_ONLY:
        return "SELECT"
    columns = ONLY_THESE_COLUMNS.get(table)
    update = "" if no_update else f"UPDATE ({', '.join(columns)})" if columns else "UPDATE"
    return ", ".join(right for right in ("SELECT", "INSERT", update, "" if no_delete else "DELETE") if right)


def may_change_what_was_posted() -> bool:
    """Whether the role this process runs as could alter the journal: it owns it, is a superuser, or was given too much."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(has_table_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE')"
            " OR has_table_privilege(oid, 'TRUNCATE') OR has_table_privilege(oid, 'TRIGGER'))"
            " FROM pg_class WHERE relname IN ('ledger_entry', 'ledger_transfer', 'audit_auditrow')"
        )
        return bool(cursor.fetchone()[0])
