"""The private folder of one run of Wapiti: its session, its log, its report."""

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any, BinaryIO

from analyses.engines.contract import Requests

COUNTED = struct.Struct("<4Q")  # as sending.py writes it


class Folder:
    """Where one run keeps its files. Nobody else can read them: a session holds the cookies that were sent."""

    def __init__(self, root: Path):
        self.root = root
        self.session = root / "session"
        self.config = root / "config"
        self.report = root / "report.json"
        self.cookies = root / "cookies.json"
        self.log = root / "engine.log"
        self.counts = root / "requests"  # how many were made in all runs, and what came of them
        self.gaps = root / "gaps"  # there when the crawl missed too much to be called complete

    def prepare(self, *, resume: bool) -> bool:
        """Make the folder ready for a run; tell whether an earlier crawl can be gone on from.

        Wapiti writes its state at the end of a crawl. A crawl that was cut before cannot be gone on with: the
        links it had seen but not yet followed are kept nowhere, and it would pass for complete without them. So
        would one that missed too much: it gets another chance.
        """
        crawled = resume and any(self.session.glob("*.pkl")) and any(self.session.glob("*.db"))
        crawled = crawled and not self.gaps.exists()
        if not resume:
            self.counts.unlink(missing_ok=True)
        for left in (self.report, self.gaps):
            left.unlink(missing_ok=True)
        if not crawled:
            shutil.rmtree(self.session, ignore_errors=True)
        for folder in (self.root, self.session, self.config):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        return crawled

    def write_cookies(self, cookies: dict[str, Any]) -> None:
        """Write Wapiti's cookie file."""
        self.cookies.unlink(missing_ok=True)
        with open(self.cookies, "x", opener=_private) as file:
            json.dump(cookies, file)

    def open_log(self) -> BinaryIO:
        """The log, to be written on at its end."""
        return open(self.log, "ab", opener=_private)

    def requests(self) -> Requests | None:
        """How many requests were made; None before there is a count."""
        try:
            return Requests(*COUNTED.unpack(self.counts.read_bytes()))
        except (OSError, struct.error):
            return None

    def database(self) -> Path | None:
        """Wapiti's session database, once there is one."""
        return next(iter(self.session.glob("*.db")), None)

    @property
    def has_report(self) -> bool:
        return self.report.is_file() and self.report.stat().st_size > 0


def _private(path: str, flags: int) -> int:
    """Open a file that its owner alone can read from the first moment on."""
    return os.open(path, flags, 0o600)
