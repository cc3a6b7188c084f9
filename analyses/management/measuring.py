"""How long pages take on the server, asked for as a browser does, through everything that a request passes."""

import time
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client


def signed_in(user: User) -> Client:
    """Somebody's browser."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"X-Forwarded-Proto": "https"})
    client.force_login(user)
    return client


def milliseconds(ask: Callable[[], object], rounds: int) -> list[float]:
    """What each of some rounds took, after one that does not count."""
    clock = _clock()
    ask()
    times = []
    for _ in range(rounds):
        started = clock()
        ask()
        times.append((clock() - started) * 1000)
    return times


def _clock() -> Callable[[], float]:
    """Seconds of processor time, of this process and of its database: others on this machine may be busy too.

    SQLite works in this process. A PostgreSQL on another machine, or one that cannot be looked at, has the time on the
    wall.
    """
    if connection.vendor == "sqlite":
        return time.process_time
    connection.ensure_connection()
    session = connection.connection.info
    spent = Path(f"/proc/{session.backend_pid}/schedstat")  # its first number is nanoseconds
    if not session.host.startswith("/") or not spent.exists():
        return time.perf_counter
    return lambda: time.process_time() + int(spent.read_text().split()[0]) / 1e9
