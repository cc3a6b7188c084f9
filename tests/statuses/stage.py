"""What brings statuses about: real sites, the real prescan and runner, workers in threads, scripts for an engine."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection

from analyses import lifecycle, prescanner, runner, tasks
from analyses.models import AllowedTarget, Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.statuses import AnalysisStatus, ScanStatus
from dashboard.shutdown import stopping
from tests.scene import an_analysis, give_secrets
from tests.targets.serving import Answer, Asked, Site, closed_port, serve
from tests.targets.sites import FormSite, plain

LONG = 60  # seconds: longer than any test looks at it. What takes so long is cut short when the test is over.


class Stage:
    """Where one test plays: its sites, its workers, and everything put away when it is over."""

    def __init__(self, owner: User, settings):
        self.owner = owner
        self.settings = settings
        self.gate = threading.Event()  # sites that keep people waiting wait for it
        self._over = ExitStack()
        self._threads: list[threading.Thread] = []

    def close(self) -> None:
        """Shut the workers down in the orderly way, then the sites."""
        stopping.set()
        try:
            self.finish()
        finally:
            stopping.clear()
            self._over.close()

    def finish(self) -> None:
        """Let sites answer whom they keep waiting, and wait for the workers to come to an end."""
        self.gate.set()
        for thread in self._threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self._threads)

    # --- Sites ------------------------------------------------------------------------------------------------------

    def site(self, answer: Callable[[Asked], Answer] = plain, *, allowed: bool = True) -> tuple[Site, ExitStack]:
        """A site that answers until its stack is closed."""
        served = self._over.enter_context(ExitStack())
        site = served.enter_context(serve(answer))
        if allowed:
            self.allow(site.port)
        return site, served

    def allow(self, port: int) -> None:
        AllowedTarget.objects.create(pattern=f"127.0.0.1:{port}")

    def plays(self, play: str = "complete", **seconds: float) -> str:
        """The address of a new site on which the engine plays this script."""
        return script(self.site()[0].url, play, **seconds)

    def nobody_there(self) -> str:
        """An allowed address at which nothing listens."""
        port = closed_port()
        self.allow(port)
        return f"http://127.0.0.1:{port}/"

    def keeps_waiting(self, _: Asked) -> Answer:
        """A site that answers only when the test is over."""
        self.gate.wait(LONG)
        return Answer("late")

    # --- What people and workers do ---------------------------------------------------------------------------------

    def submitted(self, *urls: str, **fields) -> Analysis:
        analysis = an_analysis(self.owner, *urls, **fields)
        lifecycle.submit(analysis, self.owner)
        return analysis

    def prescanned(self, *urls: str, **fields) -> Analysis:
        """Submitted, and through the real prescan."""
        analysis = self.submitted(*urls, **fields)
        self.prescan(analysis)
        return analysis

    def signing_in(self, site: Site, play: str, password: str = "correct horse", **seconds: float) -> Analysis:
        """Prescanned, of a site with a sign-in form."""
        analysis = an_analysis(self.owner, script(site.url, play, **seconds))
        analysis.scans.update(sign_in_method="form", login_url=f"{site.url}login/", username="alice")
        give_secrets(analysis, secret=password)
        lifecycle.submit(analysis, self.owner)
        self.prescan(analysis)
        return analysis

    def prescan(self, analysis: Analysis) -> None:
        prescanner.drive(run_of(analysis).pk)

    def prescan_by_a_worker(self, analysis: Analysis) -> None:
        self._in_a_thread(prescanner.drive, run_of(analysis).pk)

    def drive_all(self, analysis: Analysis) -> None:
        """Every scan, one after the other, to its end."""
        for scan in scans(analysis):
            runner.drive(scan.pk)

    def drive_by_a_worker(self, analysis: Analysis, place: int = 0) -> None:
        self._in_a_thread(runner.drive, scans(analysis)[place].pk)

    def running(self, *urls: str, **fields) -> Analysis:
        """Prescanned, and the last scan's engine is running."""
        analysis = self.prescanned(*urls, **fields)
        self.drive_by_a_worker(analysis, place=len(urls) - 1)
        self.wait_for_scan(analysis, ScanStatus.IN_PROGRESS, place=len(urls) - 1)
        return analysis

    def having_found(self, *urls: str, **fields) -> Analysis:
        """Running, and the last scan has found what it finds."""
        analysis = self.running(*urls, **fields)
        wait_until(lambda: scans(analysis)[-1].finding_count == 3, "findings")
        return analysis

    def stop(self, analysis: Analysis, *, keep: bool) -> None:
        lifecycle.stop(analysis, self.owner, keep=keep)

    def sweep(self) -> None:
        """What the clock does every ten seconds."""
        tasks.sweep()

    def _in_a_thread(self, drive: Callable[[int], None], pk: int) -> None:
        def work() -> None:
            try:
                drive(pk)
            finally:
                connection.close()

        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    # --- Waiting ----------------------------------------------------------------------------------------------------

    def wait_for(self, analysis: Analysis, status: AnalysisStatus) -> Analysis:
        wait_until(lambda: now(analysis) == status, status.label)
        return analysis

    def wait_for_scan(self, analysis: Analysis, status: ScanStatus, place: int = 0) -> Analysis:
        wait_until(lambda: scans(analysis)[place].status == status, status.label)
        return analysis


def script(url: str, play: str, **seconds: float) -> str:
    return f"{url}?{urlencode({'play': play, **seconds})}"


def run_of(analysis: Analysis) -> AnalysisOccurrence:
    """The latest run."""
    return analysis.occurrences.order_by("-number")[0]


def scans(analysis: Analysis) -> list[ScanOccurrence]:
    return list(run_of(analysis).scans.all())


def now(analysis: Analysis) -> str:
    return Analysis.objects.values_list("status", flat=True).get(pk=analysis.pk)


def wait_until(fact: Callable[[], object], what: str) -> None:
    pause = threading.Event()
    for _ in range(1500):
        if fact():
            return
        pause.wait(0.02)
    raise AssertionError(f"waited in vain for {what}")


class LockingSite(FormSite):
    """A site with a sign-in form that locks the account when it is told to, for as many answers as it is told."""

    locked_answers = 0

    def __call__(self, asked: Asked) -> Answer:
        if asked.path != "/login/" and self.locked_answers:
            self.locked_answers -= 1
            return Answer("This account is locked", 423)
        return super().__call__(asked)
