"""One running Wapiti: what it says and stores becomes events."""

import signal
import sqlite3
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from django.conf import settings

from analyses.egress.proxy import Proxy
from analyses.engines.contract import Ended, Event, Found, FoundFlaw, Phase, Progress
from analyses.engines.process import ProcessGroup
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import MODULES
from analyses.engines.wapiti.output import Output, Redactor
from analyses.engines.wapiti.session import Findings, page_count
from analyses.said import Count, joined
from analyses.said import said as _

LOOK_SECONDS = 1.0
SILENT_SECONDS = 600.0  # Wapiti tells of every request: one that says nothing for so long will not end by itself
MOST_FLAWS_PER_LOOK = 1_000  # whoever follows has to store them before it can look for anything else
UNREAD_PAGES, UNREAD_SHARE = 3, 0.2  # from both on, a crawl has missed too much to be called complete
MOST_LAST_WORDS = 900  # characters
SIGNALLED = 128  # the launcher's exit code is this plus the number of the signal that ended Wapiti


class WapitiRun:
    """A run that has been started. Used by one thread; `end()` may be called from another."""

    def __init__(
        self, process: ProcessGroup, way_out: Proxy, folder: Folder, modules: tuple[str, ...], redact: Redactor
    ):
        self._process = process
        self._way_out = way_out
        self._cut_off = ""
        self._folder = folder
        self._modules = modules
        self._redact = redact
        self._output = Output(folder.open_log(), redact)
        self._findings = Findings()
        self._pages = 0
        self._unreadable = ""
        self._more = False  # in the session, than was told
        self._heard = time.monotonic()
        self._silent = False
        self._asked_to_end = False

    @property
    def pid(self) -> int:
        """Of the process group."""
        return self._process.pid

    @property
    def lost_requests(self) -> bool:
        """Whether requests got no answer, so that an absent flaw may only have been missed."""
        return self._output.lost_requests

    def events(self) -> Generator[Event]:
        """Yield what happens, about once a second, the last event being Ended. Closing the iterator ends Wapiti."""
        try:
            while self._listen(LOOK_SECONDS):
                yield from self._news()
                if time.monotonic() - self._heard > SILENT_SECONDS:
                    self._silent = True
                    self._process.end()
                elif problem := self._way_out.problem:  # what it says from here on is of no target
                    self._cut_off = problem
                    self._process.end()
            self._more = True
            while self._more:
                yield from self._news()
            yield replace(self._progress(), phase=Phase.FINISHED, current="")
            yield self._ended()
        finally:
            self.end()

    def end(self) -> None:
        """End the whole process group: TERM, 5 s, KILL. Harmless when it has ended already."""
        if self._process.code is None:
            self._asked_to_end = True
        self._process.end()
        self._way_out.close()
        if refused := self._way_out.told():
            self._output.add(f"Not let out to: {refused}")
        self._output.close()
        self._folder.cookies.unlink(missing_ok=True)

    def _listen(self, seconds: float) -> bool:
        """Take in what Wapiti says for a while; tell whether it is still there."""
        self._process.want()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            said = self._process.read(left)
            if said is None:
                self._process.wait(left)
                break
            self._take(said)
        if self._process.code is None:
            return True
        self._take(self._process.read(0) or b"")
        return False

    def _take(self, said: bytes) -> None:
        if said:
            self._heard = time.monotonic()
            self._output.feed(said)
            if self._output.phase is Phase.ATTACKING and self._missed_too_much:
                self._folder.gaps.touch(0o600)

    @property
    def _missed_too_much(self) -> bool:
        return self._output.unread >= max(UNREAD_PAGES, UNREAD_SHARE * self._output.pages)

    def _news(self) -> Iterator[Event]:
        """What is new in the session, as much of it as can be told at once."""
        database = self._folder.database()
        told, self._more = 0, database is not None
        while database and self._more and told < MOST_FLAWS_PER_LOOK:
            try:
                flaws, self._more = self._findings.new(database)
                self._pages = page_count(database)
                self._unreadable = ""
            except sqlite3.Error as error:  # busy, or not filled yet: there is a next time
                self._unreadable, self._more = str(error), False
                break
            told += len(flaws)
            yield from (Found(self._without_secrets(flaw)) for flaw in flaws)
        yield self._progress()

    def _progress(self) -> Progress:
        """How far it is: a check is one module at work on one page."""
        output, requests = self._output, self._folder.requests()
        if output.phase is not Phase.ATTACKING:
            return Progress(output.phase, pages=max(output.pages, self._pages), requests=requests)
        done = (output.modules_begun - 1) * self._pages + min(output.tried, self._pages)
        total = len(self._modules) * self._pages
        return Progress(Phase.ATTACKING, self._pages, min(done, total), total, MODULES[output.module], requests)

    def _without_secrets(self, flaw: FoundFlaw) -> FoundFlaw:
        hide = self._redact
        return replace(
            flaw,
            url=hide(flaw.url),
            info=hide(flaw.info),
            request=hide(flaw.request),
            response=hide(flaw.response),
        )

    def _ended(self) -> Ended:
        if self._asked_to_end:
            return Ended(complete=False, cause=_("The scan engine was ended."))
        if self._cut_off:
            told = _("Nothing of the scan engine got out any more. %(reason)s.", reason=self._cut_off)
            return Ended(complete=False, cause=told)
        if self._process.code == 0 and self._folder.has_report:
            cause = self._what_is_missing()
            return Ended(complete=not cause, cause=cause)
        self._output.close()
        said = "\n".join(self._output.last)
        cause = self._why_it_ended()
        last = said.strip().splitlines()[-3:]
        last_words = _("It last said: %(words)s", words=" / ".join(last)[:MOST_LAST_WORDS]) if last else ""
        return Ended(complete=False, cause=joined(cause, last_words))

    def _what_is_missing(self) -> str:
        """Why a scan that came to its end is not complete; empty when it is."""
        if self._unreadable:
            told = {"reason": self._unreadable}
            return _("What the scan engine stored cannot be read (%(reason)s). Is the disk full or damaged?", **told)
        if not self._pages:
            return _("The scan engine could not read a single page of the target.")
        if self._missed_too_much:
            return _(
                "%(unread)s of %(pages)s pages gave no answer that could be read, and were not tested. Scan again when "
                "the target has less to do.",
                unread=Count(self._output.unread),
                pages=Count(self._output.pages),
            )
        return ""

    def _why_it_ended(self) -> str:
        code = self._process.code
        if self._silent:
            minutes = round(SILENT_SECONDS / 60)
            return _("The scan engine said nothing for %(minutes)s minutes, so it was ended.", minutes=minutes)
        if self._output.out_of_memory:
            return _(
                "The scan engine reached its memory limit of %(limit)s MiB. "
                "Scan less at once, or have an administrator raise ENGINE_MEMORY_MIB.",
                limit=settings.ENGINE_MEMORY_MIB,
            )
        if self._output.out_of_room:
            return _("The scan engine had no room left on its disk. Have an administrator free some where DATA_DIR is.")
        if code == 0:
            return _("The scan engine ended without a report.")
        if code is None or 0 <= code <= SIGNALLED:
            return _("The scan engine failed with exit code %(code)s.", code=code)
        number = -code if code < 0 else code - SIGNALLED
        hint = _("Has this machine run out of memory?") if number == signal.SIGKILL else ""
        return joined(_("The scan engine was killed by signal %(number)s.", number=number), hint)
