"""Everything that is stored, as one number for each table: to see whether anything has changed."""

import hashlib

from django.db import connection

# Signing in, being signed out when idle, and telling somebody something once are kept in sessions: a page that is only
# looked at may touch them, and nothing else.
SESSIONS = {"django_session", "usersessions_usersession"}


def stored() -> dict[str, str]:
    """A digest of every table but those of sessions, by its name."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - SESSIONS
        return {table: _digest(cursor, table) for table in sorted(tables)}


def _digest(cursor, table: str) -> str:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    rows = sorted(
        repr([bytes(value) if isinstance(value, memoryview) else value for value in row]) for row in cursor.fetchall()
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def changed(before: dict[str, str]) -> set[str]:
    """The tables that are not as they were."""
    now = stored()
    return {table for table in before.keys() | now.keys() if before.get(table) != now.get(table)}
