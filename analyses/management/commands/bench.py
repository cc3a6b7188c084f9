"""How the list behaves as it grows, on a throw-away database: times, and their ratio to the shortest list."""

import re
import time
from collections.abc import Callable
from functools import partial
from html import unescape
from statistics import median
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.utils import timezone

from analyses.models import Analysis
from analyses.statuses import AnalysisStatus
from dashboard import static_files

SIZES = (25, 1_000, 10_000)
ROUNDS = 15
POLL = re.compile(r'data-live hx-get="([^"]+)"')


class Command(BaseCommand):
    help = "Measure the first page of the list, a filtered one and a poll with 25, 1,000 and 10,000 analyses."

    def handle(self, *_args: Any, **_options: Any) -> None:
        static_files.collect()  # pages name their files by what is in them
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            self._measure()
        finally:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)

    def _measure(self) -> None:
        lead = User.objects.create_superuser("lead")
        client = Client(SERVER_NAME="127.0.0.1", headers={"X-Forwarded-Proto": "https"})
        client.force_login(lead)
        shortest: dict[str, float] = {}
        self.stdout.write(f"{'analyses':>9}  {'page':<22}{'median ms':>10}{'ratio':>8}")
        for size in SIZES:
            _grow_to(size, lead)
            poll = unescape(POLL.search(client.get("/").content.decode())[1])  # type: ignore[index] # some are live
            pages: dict[str, Callable[[], object]] = {
                "first page": lambda: client.get("/"),
                "Find and filter": lambda: client.get("/?name=shop&status=completed"),
                "last page": lambda: client.get("/?page=9999&sort=name"),
                "poll, nothing new": partial(client.get, poll, headers={"HX-Request": "true"}),
            }
            for name, ask in pages.items():
                taken = _milliseconds(ask)
                ratio = taken / shortest.setdefault(name, taken)
                self.stdout.write(f"{size:>9,}  {name:<22}{taken:>10.1f}{ratio:>8.2f}")


def _grow_to(size: int, owner: User) -> None:
    """Add analyses of every status until there are `size` of them."""
    values, now = AnalysisStatus.values, timezone.now()
    present = Analysis.objects.count()
    Analysis.objects.bulk_create(
        (
            Analysis(
                name=f"Shop {number:06}",
                owner=owner,
                status=values[number % len(values)],
                started_at=now,
                ended_at=now,
                scan_count=number % 9,
                high_count=number % 5,
            )
            for number in range(present, size)
        ),
        batch_size=1000,
    )


def _milliseconds(ask: Callable[[], object]) -> float:
    ask()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)
