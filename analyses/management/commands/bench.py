"""How pages behave as lists and logs grow, on a throw-away database, and whether they keep to their budget of time."""

import re
from collections.abc import Callable
from functools import partial
from html import unescape
from statistics import quantiles
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from analyses.management.filling import busy_log, grow_to, scan_under_way, spread_log
from analyses.management.measuring import milliseconds, signed_in
from analyses.models import Activity
from dashboard import static_files
from dashboard.celery import app as celery

SIZES = (25, 1_000, 10_000, 100_000)
ROUNDS = 15
ANALYSES = 10_000
ENTRIES = 1_000_000
OF_ONE = 10  # one entry in so many is about the analysis that is looked at
REQUESTS = 100
BUDGET = 300.0  # milliseconds
POLL = re.compile(r'data-live hx-get="([^"]+)"')


class Command(BaseCommand):
    help = (
        "Measure the list with 25, 1,000, 10,000 and 100,000 analyses, and a summary with as many entries in its log. "
        "Then fail where one page in twenty takes more than 300 ms with 10,000 analyses and a million entries."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=["growth", "budget"], help="One of the two.")
        parser.add_argument("--entries", type=int, default=ENTRIES, help="Of the log, for the budget.")

    def handle(self, *_args: Any, only: str | None, entries: int, **_options: Any) -> None:
        static_files.collect()  # pages name their files by what is in them
        celery.conf.broker_url = "memory://"  # no worker is to hear of what is written here
        if only != "budget":
            self._on_a_database_of_its_own(self._growth)
        if only != "growth":
            self._on_a_database_of_its_own(partial(self._budget, entries))

    def _on_a_database_of_its_own(self, measure: Callable[[User, User], None]) -> None:
        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            measure(User.objects.create_superuser("lead"), User.objects.create_user("member"))
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)

    def _growth(self, lead: User, member: User) -> None:
        as_lead, as_member = signed_in(lead), signed_in(member)
        shortest: dict[str, float] = {}
        self.stdout.write(f"{'analyses':>9}  {'page':<28}{'best ms':>10}{'ratio':>8}")
        for size in SIZES:
            grow_to(size, lead, member)
            busy, middle = busy_log(size)
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
                taken = min(milliseconds(ask, ROUNDS))
                ratio = taken / shortest.setdefault(name, taken)
                self.stdout.write(f"{size:>9,}  {name:<28}{taken:>10.1f}{ratio:>8.2f}")

    def _budget(self, entries: int, lead: User, member: User) -> None:
        scan = scan_under_way(lead)
        grow_to(ANALYSES, lead, member)
        spread_log(entries, entries // OF_ONE, scan)
        summary = f"/analyses/{scan.occurrence.analysis_id}/"
        log = Activity.objects.filter(analysis=scan.occurrence.analysis_id).order_by("pk")
        middle = log[log.count() // 2].pk
        pages = {
            "list": "/",
            "list, found by name": "/?name=shop",
            "summary": summary,
            "activity, further back": f"{summary}?before={middle}",
            "activity, of one scan": f"{summary}?scan={scan.pk}",
            "activity, a kind without any": f"{summary}?kind=notices",
            "scan details": f"{summary}scans/{scan.pk}/",
            "scan details, found by URL": f"{summary}scans/{scan.pk}/?url=1999",
        }
        self.stdout.write(f"\n{ANALYSES:,} analyses, {entries:,} entries, {REQUESTS} requests a page")
        self.stdout.write(f"{'page':<30}{'median ms':>10}{'p95 ms':>10}")
        browser, slow = signed_in(lead), []
        for name, address in pages.items():
            steps = quantiles(milliseconds(partial(browser.get, address), REQUESTS), n=20)
            self.stdout.write(f"{name:<30}{steps[9]:>10.1f}{steps[18]:>10.1f}")
            slow += [name] if steps[18] > BUDGET else []
        if slow:
            raise CommandError(f"More than {BUDGET:.0f} ms: {', '.join(slow)}.")
