"""Follows a running engine: what it says is stored, what people and the clock want of it is seen to."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import Ended, Event, Found, FoundFlaw, Phase, Progress
from analyses.lifecycle import Orders
from analyses.meanwhile import while_beating
from analyses.models import AuthHealth
from analyses.moves import Ending
from analyses.prescan.lookout import Lookout, Seen
from analyses.pulse import Pulse
from analyses.said import said as _
from analyses.statuses import ScanStatus
from dashboard.shutdown import give_way

WRITE_SECONDS = 2.0  # progress and findings are written this often
LOG_SECONDS = 10.0  # and the end of what the engine says, where it has said more
MOST_WAITING = 200  # findings: a burst of them is written bit by bit, each with its sign of life


@dataclass(frozen=True)
class Outcome:
    """Why the engine is no longer followed; `ending` is None where it is to go on from its session."""

    ending: Ending | None
    cause: str = ""
    SIGNED_IN_AGAIN: ClassVar["Outcome"]


Outcome.SIGNED_IN_AGAIN = Outcome(None, "signed in again")
PAUSED = Outcome(None, "paused")


class Following:
    """One scan's engine being followed, over the runs that renewed sessions make of it."""

    def __init__(self, pulse: Pulse, lookout: Lookout, said: Callable[[], str] = str):
        self._pulse = pulse
        self._held = pulse.held
        self._lookout = lookout
        self._said = said
        self._told, self._told_at = "", 0.0  # of what the engine says
        self._flaws: list[FoundFlaw] = []
        self._progress = Progress(Phase.STARTING)
        self._shown: Progress | None = None
        self._health = AuthHealth.NOT_USED
        self._renewals = 0  # that stand in the log

    def to_the_end_of(self, events: Iterable[Event], renewals: int) -> Outcome:
        """Follow until the engine ends, or somebody or something ends it. Raises LostClaim, Withdrawn, Suspended.

        `renewals` counts the sessions up to the one this engine was given.
        """
        written = 0.0
        for event in events:
            if isinstance(event, Found):
                self._flaws.append(event.flaw)
            elif isinstance(event, Progress) and event.phase is not Phase.FINISHED:
                self._progress = event
            elif isinstance(event, Ended):
                return self._ended(event)
            if time.monotonic() - written < WRITE_SECONDS and len(self._flaws) < MOST_WAITING:
                continue
            written = time.monotonic()
            outcome = self._obey(self._write()) or self._see(self._lookout.seen, renewals)
            if outcome:
                return outcome
            give_way()
        return Outcome(Ending.ERROR, _("The engine ended without saying how."))

    def _ended(self, event: Ended) -> Outcome:
        self._progress = replace(self._progress, phase=Phase.FINISHED, current="")  # with its last counts
        self._write()
        if event.complete:
            self._note_renewals(self._lookout.seen)
            return Outcome(Ending.COMPLETED)
        while while_beating(self._pulse.beat, self._lookout.look):  # it may give up before the lookout has seen why
            self._pulse.beat()
        seen = self._lookout.seen
        return self._see(seen, seen.renewals) or Outcome(Ending.ERROR, event.cause)

    def _write(self) -> Orders:
        """Store what is new, renew the lease."""
        if self._flaws:
            lifecycle.record_found(self._held, self._flaws)
            self._flaws.clear()
        self._tell_log()
        moved = self._progress != self._shown
        self._shown = self._progress
        return self._pulse.beat(self._progress, moved=moved)

    def _tell_log(self) -> None:
        """Hand over the end of what the engine says, now and then."""
        if time.monotonic() - self._told_at < LOG_SECONDS:
            return
        self._told_at, said = time.monotonic(), self._said()
        if said != self._told:
            self._told = said
            lifecycle.record_log(self._held, said)

    def _obey(self, orders: Orders) -> Outcome | None:
        if orders.status in (ScanStatus.STOPPING_SAVING, ScanStatus.STOPPING_DELETING):
            return Outcome(Ending.STOPPED)
        if orders.deadline and timezone.now() >= orders.deadline:
            return Outcome(Ending.EXPIRED, _("The allowed duration is over."))
        return PAUSED if orders.status is ScanStatus.PAUSING else None

    def _see(self, seen: Seen, renewals: int) -> Outcome | None:
        """What the lookout has found out."""
        self._note_renewals(seen)
        if seen.locked_out:
            self._note_health(AuthHealth.FAILED, seen.locked_out)
            return Outcome(Ending.LOCKOUT, seen.locked_out)
        if seen.unreachable:
            return Outcome(Ending.UNREACHABLE, seen.unreachable)
        if seen.signed_out:
            self._note_health(AuthHealth.LOST, seen.signed_out)
        elif seen.signs_in:
            self._note_health(AuthHealth.OK)
        return Outcome.SIGNED_IN_AGAIN if seen.renewals > renewals else None

    def _note_renewals(self, seen: Seen) -> None:
        for _again in range(seen.renewals - self._renewals):
            lifecycle.signed_in_again(self._held, seen.lost)
        self._renewals = seen.renewals

    def _note_health(self, health: AuthHealth, cause: str = "") -> None:
        if health is not self._health:
            self._health = health
            lifecycle.sign_in_health(self._held, health, cause)
