"""What Wapiti says while it runs: kept in a bounded log without secrets, and read for where it is."""

import os
import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from analyses.engines.contract import Phase
from analyses.engines.wapiti.modules import MODULES

LARGEST_LOG = 2 * 1024**2  # bytes; where it is full, its first half goes
CUT = "[…] What was said before is not kept.\n"
LONGEST_LINE = 2_000  # characters
LAST_LINES = 12
LAUNCHED, TRIED, SENT = "[*] Launching module ", "[+] ", "[¨] "
SECRET_HEADER = re.compile(r"\s*(set-cookie|cookie|authorization|proxy-authorization)\s*:", re.IGNORECASE)
UNREAD = re.compile(r"\[!\] \w+ with URL |.* generated an exception: \w+$")
OUT_OF_MEMORY = re.compile("MemoryError|Cannot allocate memory|can't start new thread|failed to map segment")
OUT_OF_ROOM = re.compile("disk I/O error|disk is full|No space left on device|Disk quota exceeded|File too large")
LOST_REQUESTS = "requests were skipped due to network issues"
HIDDEN = "•••"
# Requests that are written out: they hold what a specification says is sent. What begins them, and what ends them.
WRITTEN_OUT = {"Evil request:": "---", "\tfiles:": "["}


class Redactor:
    """Takes known secrets out of texts."""

    def __init__(self, secrets: Iterable[str]):
        self._secrets = tuple(secrets)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


class Output:
    """Follows the output of one run. `pages` counts those begun with, `unread` those of them that came to nothing,
    `tried` those of the module at work."""

    def __init__(self, log: BinaryIO, redact: Redactor):
        self._file = log
        self._room = LARGEST_LOG - self._file.tell()
        self._redact = redact
        self._rest = b""
        self._until = ""  # what is said until a line that begins so is a request that is written out
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self.phase = Phase.STARTING
        self.module = ""
        self.modules_begun = 0
        self.pages = 0
        self.unread = 0
        self.tried = 0
        self.lost_requests = False
        self.out_of_memory = False
        self.out_of_room = False

    def feed(self, said: bytes) -> None:
        *lines, self._rest = (self._rest + said).split(b"\n")
        if len(self._rest) > LONGEST_LINE * 4:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._take(line.decode("utf-8", "replace"))
        self._file.flush()

    def add(self, line: str) -> None:
        """Write a line of our own into the log, unless it is closed."""
        if not self._file.closed:
            self._keep(line)

    def close(self) -> None:
        if not self._file.closed:
            self.feed(b"\n" if self._rest else b"")
            self._file.close()

    def _take(self, line: str) -> None:
        if line.startswith(SENT):  # every single request: too much to keep
            return
        if line.startswith(TRIED):
            self._count()
        elif line.startswith(LAUNCHED) and line[len(LAUNCHED) :].strip() in MODULES:
            self.phase, self.module, self.tried = Phase.ATTACKING, line[len(LAUNCHED) :].strip(), 0
            self.modules_begun += 1
        else:
            self.unread += self.phase is Phase.CRAWLING and bool(UNREAD.match(line))
            self.out_of_memory |= bool(OUT_OF_MEMORY.search(line))
            self.out_of_room |= bool(OUT_OF_ROOM.search(line))
        self.lost_requests |= line.endswith(LOST_REQUESTS)
        if line.strip() and not SECRET_HEADER.match(line) and not self._is_of_a_request(line):
            self._keep(line)

    def _is_of_a_request(self, line: str) -> bool:
        """Whether a line is part of a request that is written out, such as the data of a form."""
        if self._until and not line.startswith(self._until):
            return True
        self._until = next((end for begins, end in WRITTEN_OUT.items() if line.startswith(begins)), "")
        return bool(self._until) or line.startswith("\t")

    def _count(self) -> None:
        if self.phase is Phase.ATTACKING:
            self.tried += 1
        else:
            self.phase = Phase.CRAWLING
            self.pages += 1

    def _keep(self, line: str) -> None:
        self._last.append(line)
        written = self._shown(line).encode("utf-8", "replace") + b"\n"
        if self._room < len(written):
            self._make_room()
        self._room -= len(written)
        self._file.write(written)

    def _make_room(self) -> None:
        """Let the first half of the log go: how it ends is what is asked for."""
        self._file.flush()
        kept = end_of(Path(self._file.name), LARGEST_LOG // 2).encode()
        self._file.truncate(0)
        self._file.write(kept)
        self._room = LARGEST_LOG - len(kept)

    def _shown(self, line: str) -> str:
        text = self._redact(line)[:LONGEST_LINE]
        if text.isprintable():  # nearly all are, and there may be millions
            return text
        return "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in text)

    @property
    def last(self) -> list[str]:
        """The last lines, as they can be shown."""
        return [self._shown(line) for line in self._last]


def end_of(log: Path, most: int) -> str:
    """The last whole lines of a log, at most so many bytes of them; empty where there is none."""
    try:
        with open(log, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            said = file.read(most)
    except OSError:
        return ""
    text = (said if size <= most else said.partition(b"\n")[2]).decode("utf-8", "replace")
    return text if size <= most else CUT + text
