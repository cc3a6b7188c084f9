"""How pages behave as lists and logs grow, on a throw-away database: times, and their ratio to the shortest list."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.utils import timezone

from analyses.models import Activity, Analysis
from analyses.statuses import ANALYSIS_LIVE, AnalysisStatus
from dashboard import static_files

SIZES = (25, 1_000, 10_000, 100_000)
FEW = 25  # are a team member's own
ROUNDS = 15
POLL = re.compile(r'data-live hx-get="([^"]+)"')


class Command(BaseCommand):
    help = (
        "Measure the list with 25, 1,000, 10,000 and 100,000 analyses, and a summary with as many entries in its log."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        static_files.collect()  # pages name their files by what is in them
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            self._measure()
        finally:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)

    def _measure(self) -> None:
        lead, member = User.objects.create_superuser("lead"), User.objects.create_user("member")
        as_lead, as_member = _signed_in(lead), _signed_in(member)
        shortest: dict[str, float] = {}
        self.stdout.write(f"{'analyses':>9}  {'page':<28}{'best ms':>10}{'ratio':>8}")
        for size in SIZES:
            _grow_to(size, lead, member)
            busy, middle = _busy(size)
            poll = unescape(POLL.search(as_lead.get("/").content.decode())[1])  # type: ignore[index] # some are live
            pages: dict[str, Callable[[], object]] = {
                "first page": lambda: as_lead.get("/"),
                "first page, 25 of them seen": lambda: as_member.get("/"),
                "Filter by Status": lambda: as_lead.get("/?status=completed"),
                "Find, many fit": lambda: as_lead.get("/?name=shop"),
                "Find, one fits": lambda: as_lead.get("/?name=000007"),
                "Find and filter": lambda: as_lead.get("/?name=shop&status=completed"),
                "sorted by name": lambda: as_lead.get("/?sort=name"),
                "last page, sorted by name": lambda: as_lead.get("/?page=9999&sort=name"),
                "summary": partial(as_lead.get, f"/analyses/{busy}/"),
                "activity, further back": partial(as_lead.get, f"/analyses/{busy}/?before={middle}"),
                "poll, nothing new": partial(as_lead.get, poll, headers={"HX-Request": "true"}),
            }
            for name, ask in pages.items():
                taken = _milliseconds(ask)
                ratio = taken / shortest.setdefault(name, taken)
                self.stdout.write(f"{size:>9,}  {name:<28}{taken:>10.1f}{ratio:>8.2f}")


def _signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1", headers={"X-Forwarded-Proto": "https"})
    client.force_login(user)
    return client


def _grow_to(size: int, owner: User, member: User) -> None:
    """Add analyses of every status until there are `size` of them; of every hundred beyond the first, one is live."""
    now, present = timezone.now(), Analysis.objects.count()
    every = AnalysisStatus.values
    ended = [status for status in every if status not in ANALYSIS_LIVE]
    live = [status for status in every if status in ANALYSIS_LIVE]

    def status(number: int) -> str:
        if number < len(every):
            return every[number]
        return live[number // 100 % len(live)] if number % 100 == 0 else ended[number % len(ended)]

    Analysis.objects.bulk_create(
        (
            Analysis(
                name=f"Shop {number:06}",
                owner=owner if number >= FEW else member,
                status=status(number),
                started_at=now - timedelta(hours=number),
                ended_at=now - timedelta(hours=number),
                scan_count=number % 9,
                high_count=number % 5,
            )
            for number in range(present, size)
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:  # what a database does now and then by itself
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _busy(size: int) -> tuple[int, int]:
    """The number of an analysis whose log has as many entries as there are analyses, and that of one in its middle."""
    busy, log = Analysis.objects.order_by("pk")[0], Activity.objects.order_by("pk")
    now = timezone.now()
    entries = (Activity(analysis=busy, action="Note", cause=f"{n}", at=now) for n in range(log.count(), size))
    Activity.objects.bulk_create(entries, batch_size=1000)
    return busy.pk, log[size // 2].pk


def _milliseconds(ask: Callable[[], object]) -> float:
    """The best of some rounds; with SQLite, which works in this process, of processor time: others may be busy too."""
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    ask()
    times = []
    for _ in range(ROUNDS):
        started = clock()
        ask()
        times.append((clock() - started) * 1000)
    return min(times)
