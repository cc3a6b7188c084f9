"""How long pages take on the server, asked for as a browser does, through everything that a request passes."""

import time
from collections.abc import Callable

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client


def signed_in(user: User) -> Client:
    """Somebody's browser."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"X-Forwarded-Proto": "https"})
    client.force_login(user)
    return client


def milliseconds(ask: Callable[[], object], rounds: int) -> list[float]:
    """What each of some rounds took, after one that does not count.

    With SQLite, which works in this process, it is processor time: others on this machine may be busy too.
    """
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    ask()
    times = []
    for _ in range(rounds):
        started = clock()
        ask()
        times.append((clock() - started) * 1000)
    return times
