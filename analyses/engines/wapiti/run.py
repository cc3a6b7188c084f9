"""One running Wapiti: what it says and stores becomes events."""

import sqlite3
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from django.conf import settings

from analyses.engines.contract import Ended, Event, Found, FoundFlaw, Phase, Progress
from analyses.engines.process import ProcessGroup
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import MODULES
from analyses.engines.wapiti.output import Output, Redactor
from analyses.engines.wapiti.session import Findings, page_count

LOOK_SECONDS = 1.0
OUT_OF_MEMORY = ("MemoryError", "Cannot allocate memory", "can't start new thread", "failed to map segment")
SIGNALLED = 128  # the launcher's exit code is this plus the number of the signal that ended Wapiti


class WapitiRun:
    """A run that has been started. Used by one thread; `end()` may be called from another."""

    def __init__(self, process: ProcessGroup, folder: Folder, modules: tuple[str, ...], redact: Redactor):
        self._process = process
        self._folder = folder
        self._modules = modules
        self._redact = redact
        self._output = Output(folder.open_log(), redact)
        self._findings = Findings()
        self._pages = 0
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
        self._output.close()
        self._folder.cookies.unlink(missing_ok=True)

    def _listen(self, seconds: float) -> bool:
        """Take in what Wapiti says for a while; tell whether it is still there."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            said = self._process.read(left)
            if said is None:
                return not self._process.wait(left)
            self._output.feed(said)
        return True

    def _news(self) -> Iterator[Event]:
        database = self._folder.database()
        more = database is not None
        while database and more:
            try:
                flaws, more = self._findings.new(database)
                self._pages = page_count(database)
            except sqlite3.Error:  # busy, or not filled yet: there is a next time
                break
            for flaw in flaws:
                yield Found(self._without_secrets(flaw))
        yield self._progress()

    def _progress(self) -> Progress:
        """How far it is: a request, here, is one module at work on one page."""
        output = self._output
        if output.phase is not Phase.ATTACKING:
            return Progress(output.phase, pages=max(output.pages, self._pages))
        done = (output.modules_begun - 1) * self._pages + min(output.tried, self._pages)
        total = len(self._modules) * self._pages
        return Progress(Phase.ATTACKING, self._pages, min(done, total), total, MODULES[output.module])

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
        code = self._process.code
        if self._asked_to_end:
            return Ended(complete=False, cause="The scan engine was ended.")
        if code == 0 and self._folder.has_report:
            if self._pages:
                return Ended(complete=True)
            return Ended(complete=False, cause="The scan engine could not read a single page of the target.")
        self._output.close()
        said = "\n".join(self._output.last)
        if any(sign in said for sign in OUT_OF_MEMORY):
            cause = f"The scan engine reached its memory limit of {settings.ENGINE_MEMORY_MIB} MiB."
        elif code == 0:
            cause = "The scan engine ended without a report."
        elif code is not None and (code < 0 or code > SIGNALLED):
            cause = f"The scan engine was killed by signal {-code if code < 0 else code - SIGNALLED}."
        else:
            cause = f"The scan engine failed with exit code {code}."
        last = said.strip().splitlines()[-3:]
        return Ended(complete=False, cause=f"{cause} It last said: {' / '.join(last)}"[:1000] if last else cause)
