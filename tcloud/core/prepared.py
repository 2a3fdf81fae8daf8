"""Statements that the server plans once a session: for the few that run thousands of times a minute."""

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class _Prepared(psycopg.Cursor[Any]):
    """Sends each text once, and afterwards its name and values only (settings: `prepare_threshold`)."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_Prepared":
        """As the driver's own, prepared at the first use."""
        return super().execute(query, params, prepare=True, **options)


def prepared_cursor() -> CursorWrapper:
    """A cursor on Django's connection, with Django's errors, query log and transaction."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor: Any = _Prepared(connection.connection)  # Django wraps any cursor of the driver
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
