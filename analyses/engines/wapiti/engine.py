"""The Wapiti engine: is it there, start it, read what it left, test again what it found."""

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from analyses.egress.guard import Guard
from analyses.egress.proxy import Proxy
from analyses.engines.contract import CrawledPage, EngineError, FoundFlaw, Progress, Retested, Target
from analyses.engines.process import ProcessGroup
from analyses.engines.wapiti import modules
from analyses.engines.wapiti.arguments import Plan, cookie_file, job, secrets, spots
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.output import Redactor, end_of
from analyses.engines.wapiti.retest import retest
from analyses.engines.wapiti.run import WapitiRun
from analyses.engines.wapiti.session import crawled_pages
from analyses.said import joined
from analyses.said import said as _

LAUNCHER = Path(__file__).with_name("launcher.py")
OLDEST, TOO_NEW = (3, 2, 3), (4,)
CHECK_KEPT_SECONDS = 60.0
CHECK_SECONDS = 20.0
ASK_VERSION = """
import importlib.metadata, importlib.util
assert importlib.util.find_spec("wapitiCore.main.wapiti")
print(importlib.metadata.version("wapiti3"))
"""


class WapitiEngine:
    name = "wapiti"
    label = "Wapiti"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked: tuple[Path, float, list[str]] | None = None

    def check(self) -> list[str]:
        """Why this machine cannot run Wapiti, in words for an administrator; what was found is kept for a minute."""
        python = Path(settings.ENGINE_PYTHON)
        with self._lock:
            if self._checked and self._checked[0] == python and time.monotonic() < self._checked[1]:
                return self._checked[2]
            problems = _problems(python)
            self._checked = (python, time.monotonic() + CHECK_KEPT_SECONDS, problems)
            return problems

    def start(self, target: Target, workdir: Path, *, resume: bool) -> WapitiRun:
        """Start a scan in the private folder `workdir`; with `resume`, go on from the session kept there.

        Raises EngineError when it cannot be started.
        """
        if problems := self.check():
            raise EngineError(joined(*problems))
        chosen = modules.chosen(target.modules, api=bool(target.requests))
        folder = Folder(workdir)
        return launch(target, Plan(chosen, skip_crawl=folder.prepare(resume=resume)), folder)

    def crawled(self, workdir: Path) -> list[CrawledPage]:
        """The pages known to the session kept in `workdir`; also after a crash."""
        database = Folder(workdir).database()
        try:
            return crawled_pages(database) if database else []
        except sqlite3.Error:  # killed before it had made its tables
            return []

    def said(self, workdir: Path, most: int) -> str:
        """The end of what Wapiti said in the session kept in `workdir`, at most so many bytes, in whole lines."""
        return end_of(Folder(workdir).log, most)

    def retest(
        self, target: Target, flaws: Sequence[FoundFlaw], workdir: Path, seconds: float
    ) -> Generator[Progress | Retested]:
        """Test flaws of the scan kept in `workdir` again, narrowly and all together within `seconds`."""
        if problems := self.check():
            yield from (Retested(position, None, joined(*problems)) for position in range(len(flaws)))
            return
        yield from retest(launch, target, flaws, Folder(workdir), seconds)


def launch(target: Target, plan: Plan, folder: Folder) -> WapitiRun:
    """Start Wapiti in a prepared folder. Raises EngineError."""
    way_out = _way_out(target)
    folder.write_cookies(cookie_file(target))
    with ExitStack() as unless_it_runs:
        try:
            unless_it_runs.enter_context(way_out)
            told = job(target, plan, folder, (way_out.port, way_out.credentials))
            process = ProcessGroup(
                [str(settings.ENGINE_PYTHON), "-I", "-u", str(LAUNCHER)], told, folder.root, _environment(folder)
            )
        except OSError as error:
            raise EngineError(_("The scan engine cannot be started: %(reason)s.", reason=error.strerror)) from error
        unless_it_runs.pop_all()
    return WapitiRun(process, way_out, folder, plan.modules, Redactor([*secrets(target), way_out.credentials]))


def _way_out(target: Target) -> Proxy:
    """The only way by which Wapiti reaches anything: to the target and its places. Raises EngineError."""
    known = spots(target)
    return Proxy(Guard(target.allowed, target.own, known), [address for address, _ in known])


def _environment(folder: Folder) -> dict[str, str]:
    """All that Wapiti is given of an environment: nothing of this process's own, which holds keys and passwords."""
    return {"PATH": os.defpath, "HOME": str(folder.root), "TMPDIR": str(folder.root), "LANG": "C.UTF-8"}


def _problems(python: Path) -> list[str]:
    advice = _("Run `make engine`, then try again.")
    if not python.is_file():
        return [joined(_("The scan engine is not installed: there is no %(file)s.", file=str(python)), advice)]
    try:
        asked = subprocess.run(
            [str(python), "-I", "-c", ASK_VERSION],
            capture_output=True,
            text=True,
            timeout=CHECK_SECONDS,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return [joined(_("The scan engine's Python does not run: %(file)s.", file=str(python)), advice)]
    found = asked.stdout.strip()
    if asked.returncode:
        return [joined(_("%(file)s has no working Wapiti.", file=str(python)), advice)]
    if not OLDEST <= _numbers(found) < TOO_NEW:
        told = _(
            "Wapiti %(version)s is not supported: Vedette works with 3.2.3 and later ones before 4.", version=found
        )
        return [joined(told, advice)]
    return []


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:3])
