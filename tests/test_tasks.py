"""How many prescans a worker takes at once: its other threads are for the sweep, for mails and for rings."""

import threading

import pytest

from analyses import prescanner, tasks
from dashboard.programs import STEP_THREADS


@pytest.fixture
def slow(monkeypatch):
    """Prescans that take until `go` is set; `begun` are those under way or done."""
    go, begun = threading.Event(), []

    def drive(occurrence_id: int) -> None:
        begun.append(occurrence_id)
        go.wait(10)

    monkeypatch.setattr(prescanner, "drive", drive)
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    yield go, begun
    go.set()


def test_long_prescans_leave_threads_to_the_sweep_and_are_all_done_in_their_turn(slow):
    go, begun = slow
    rings = [threading.Thread(target=tasks.prescan, args=(number,)) for number in (1, 2, 3, 4, 3)]
    for ring in rings:
        ring.start()
        ring.join(0.2)
    assert sum(ring.is_alive() for ring in rings) == tasks.PRESCANS < STEP_THREADS
    go.set()
    for ring in rings:
        ring.join(10)
    assert sorted(begun) == [1, 2, 3, 4]


def test_one_that_breaks_keeps_nobody_from_the_next(monkeypatch):
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    monkeypatch.setattr(prescanner, "drive", lambda _number: 1 / 0)
    for _ in range(tasks.PRESCANS + 1):
        with pytest.raises(ZeroDivisionError):
            tasks.prescan(1)
