"""Celery tasks: each takes ids and calls one function. Doubled or late messages change nothing."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

from celery import shared_task
from django.db import close_old_connections

from analyses import leftovers, lifecycle, prescanner, presence, retesting, runner, sign_in_tests
from analyses.doorbell import ring
from dashboard.shutdown import stopping

log = logging.getLogger(__name__)
presence.connect()

PRESCANS = 2  # a worker's at the same time: its other threads are for the sweep and for mails, which cannot wait
_prescanning = threading.BoundedSemaphore(PRESCANS)
_waiting: OrderedDict[int, None] = OrderedDict()
_retesting = threading.Lock()  # one finding at a time: the other threads are for scans
_trying_out = threading.Lock()  # one sign-in at a time: they wait for browsers, and may take minutes


@shared_task
def prescan(occurrence_id: int) -> None:
    """Prescan an occurrence that is submitted or due; where enough are under way, after one of them."""
    _waiting[occurrence_id] = None
    if not _prescanning.acquire(blocking=False):
        return
    try:
        while (following := _next_prescan()) is not None:
            close_old_connections()
            prescanner.drive(following)
    finally:
        _prescanning.release()


def _next_prescan() -> int | None:
    try:
        return None if stopping.is_set() else _waiting.popitem(last=False)[0]
    except KeyError:  # another thread took the last
        return None


@shared_task
def run_scan(scan_id: int) -> None:
    """Drive one scan occurrence to its end."""
    close_old_connections()
    runner.drive(scan_id)
    leftovers.remove()  # here too: scanners may have a machine of their own


@shared_task
def test_sign_in(test_id: int) -> None:  # noqa: ARG001 - whichever is rung for, the oldest is first
    """Try out the sign-ins that wait, one after the other; does nothing where another thread is at them."""
    # Looked for anew after each release: one that came meanwhile is not left to the sweep.
    while not stopping.is_set() and _signs_in_waiting() and _trying_out.acquire(blocking=False):
        try:
            for following in sign_in_tests.waiting()[:1]:
                sign_in_tests.drive(following)
        finally:
            _trying_out.release()


def _signs_in_waiting() -> bool:
    close_old_connections()
    return bool(sign_in_tests.waiting())


@shared_task
def retest(retest_id: int) -> None:  # noqa: ARG001 - whichever is rung for, the oldest is first
    """Test the findings again that wait, one after the other; does nothing where another thread is at them."""
    while not stopping.is_set() and _retests_waiting() and _retesting.acquire(blocking=False):
        try:
            for following in retesting.waiting()[:1]:
                retesting.drive(following)
        finally:
            _retesting.release()


def _retests_waiting() -> bool:
    close_old_connections()
    return bool(retesting.waiting())


@shared_task
def start_queued() -> None:
    """Ring for the queued scans that free slots wait for."""
    lifecycle.show_places_in_line()
    for scan_id in lifecycle.startable():
        ring("run_scan", scan_id)


@shared_task
def sweep() -> None:
    """Make good what a lost message, a lost worker or the clock left undone."""
    _tell_absences()
    _each(lifecycle.to_be_halted, lifecycle.end_halted)
    _each(lifecycle.never_taken, lifecycle.refuse_late)
    _each(lifecycle.due_schedules, lifecycle.fire)
    _each(lifecycle.window_changes, lifecycle.follow_window)
    _each(lifecycle.withdrawn, lifecycle.end_withdrawn)
    _each(lifecycle.overdue, lifecycle.expire)
    _each(lifecycle.silent, lifecycle.note_silence)
    _each(lifecycle.half_deleted, lifecycle.delete_results)
    _each(lifecycle.half_put_back, lifecycle.put_back)
    _each(lifecycle.undo_over, lifecycle.delete_for_good)
    lifecycle.show_places_in_line()
    due = lifecycle.due()
    for occurrence_id in due.prescans:
        ring("prescan", occurrence_id)
    for scan_id in due.scans:
        ring("run_scan", scan_id)
    sign_in_tests.clear_up()
    for test_id in sign_in_tests.waiting():
        ring("test_sign_in", test_id)
    retesting.clear_up()
    for retest_id in retesting.waiting():
        ring("retest", retest_id)
    leftovers.forget_drafts()
    leftovers.forget_sessions()
    leftovers.drop_pictures()
    leftovers.drop_logs()
    leftovers.remove()


def _tell_absences() -> None:
    for absence in lifecycle.absences_to_tell():
        _each(partial(lifecycle.unaware_of, absence), partial(lifecycle.tell_absence, absence))
        lifecycle.forget_if_told(absence)


def _each(found: Callable[[], Iterable[int]], verb: Callable[[int], object]) -> None:
    """Do it for each; one that cannot be done does not keep the others from it."""
    for pk in list(found()):
        try:
            verb(pk)
        except Exception:
            log.exception("The sweep could not do %s for %s.", getattr(verb, "func", verb).__name__, pk)
