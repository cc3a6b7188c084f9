"""What is promised about single faults, on a real installation: each is injected once, and nothing is lost.

`make faults` injects hundreds at random; these are always tried.
"""

import os
import signal
import threading
import time
from contextlib import closing

import pytest

from tests.faults.messages import FOREIGN, GARBAGE
from tests.run.conftest import wait_for

pytestmark = pytest.mark.process
COMPLETED, PUBLISHED = "Completed - Results Available", "completed"


class Run:
    """An analysis that was submitted through the pages, looked at in the database."""

    def __init__(self, it, people, play: str):
        self._it = it
        entry = people.create(play)
        assert entry.pk, "the submit was not answered"
        self.analysis = entry.pk

    def _number(self, what: str, table: str = "analyses_analysisoccurrence") -> int:
        return self._it.number(f"SELECT {what} FROM {table} WHERE analysis_id = {self.analysis}")

    @property
    def occurrence(self) -> int:
        return self._number("MAX(id)")

    @property
    def runs(self) -> int:
        return self._number("COUNT(*)")

    @property
    def scan(self) -> int:
        return self._of_scan("id")

    @property
    def attempt(self) -> int:
        return self._of_scan("attempt")

    @property
    def findings(self) -> int:
        return self._of_scan("finding_count")

    def _of_scan(self, column: str) -> int:
        return self._it.number(f"SELECT {column} FROM analyses_scanoccurrence WHERE occurrence_id = {self.occurrence}")

    @property
    def status(self) -> str:
        return str(self._it.rows(f"SELECT status FROM analyses_analysis WHERE id = {self.analysis}")[0][0])

    def told(self, words: str) -> int:
        """How often the log says so."""
        query = f"analysis_id = {self.analysis} AND (action = '{words}' OR new_status = '{words}')"
        return self._it.number(f"SELECT COUNT(*) FROM analyses_activity WHERE {query}")

    @property
    def entries(self) -> int:
        return self._number("COUNT(*)", "analyses_activity")

    def waits_for(self, status: str) -> None:
        wait_for(lambda: self.status == status, f"{status} of analysis {self.analysis}")


@pytest.fixture
def submit(it, people):
    """Submit an analysis that plays this."""
    return lambda play: Run(it, people, play)


def test_a_killed_scanner_is_noticed_and_its_scan_goes_on_where_it_was(it, submit):
    run = submit("play=complete&seconds=6")
    run.waits_for("in_progress")
    began = time.monotonic()
    os.kill(it.process("scanner"), signal.SIGKILL)
    wait_for(lambda: run.told("Taken over"), "somebody to take it over")
    assert time.monotonic() - began < 30
    run.waits_for(PUBLISHED)
    assert (run.attempt, run.told("Taken over"), run.findings, run.told(COMPLETED)) == (2, 1, 3, 2)


def test_a_killed_worker_is_noticed_and_its_prescan_is_done_by_another(it, submit, door):
    door.clear()
    run = submit("play=complete&seconds=0")
    run.waits_for("prescanning")
    os.kill(it.process("worker"), signal.SIGKILL)
    door.set()
    wait_for(lambda: run.told("Prescan taken over"), "somebody to take the prescan over")
    run.waits_for(PUBLISHED)
    assert [key.split(":")[0] for key in keys_of(it, run)].count("prescan_succeeded") == 1


def test_a_scanner_that_was_believed_dead_and_comes_back_writes_nothing(it, submit):
    run = submit("play=complete&seconds=10")
    run.waits_for("in_progress")
    asleep = it.process("scanner")
    it.put_to_sleep(asleep)
    it.start_second_scanner()
    try:
        wait_for(lambda: run.told("Taken over"), "somebody to take it over")
    finally:
        os.kill(asleep, signal.SIGCONT)
    it.tree.wait_for_output(f"Scan {run.scan} is no longer ours")
    run.waits_for(PUBLISHED)
    assert (run.attempt, run.told("Taken over"), run.findings, run.told(COMPLETED)) == (2, 1, 3, 2)
    it.second_scanner.end(signal.SIGTERM)


def test_an_emptied_broker_costs_a_sweep_and_nothing_else(it, submit):
    worker = it.process("worker")
    it.put_to_sleep(worker)
    runs = [submit("play=nothing-found&seconds=0") for _ in range(4)]
    with it.broker() as broker:
        assert broker.llen("default") > 0
        broker.flushall()
    os.kill(worker, signal.SIGCONT)
    for run in runs:
        run.waits_for(PUBLISHED)


def test_messages_that_come_ten_times_make_one_run(it, submit, messages, mail):
    run = submit("play=complete&seconds=3")
    for moment in ("in_progress", PUBLISHED):
        run.waits_for(moment)
        for _ in range(10):
            messages.send("analyses.tasks.prescan", [run.occurrence])
            messages.send("analyses.tasks.run_scan", [run.scan])
    wait_for(lambda: len(taken_of(it, mail, run)) == 2, "the mails")
    for pk in it.rows(f"SELECT id FROM notifications_outgoingmail WHERE key LIKE '%:{run.occurrence}:%'"):
        for _ in range(10):
            messages.send("notifications.tasks.deliver", list(pk))
    last = submit("play=nothing-found&seconds=0")  # what is rung after all of them
    last.waits_for(PUBLISHED)
    assert (run.runs, run.attempt, run.told("In Progress"), run.told(COMPLETED)) == (1, 1, 2, 2)
    assert len(taken_of(it, mail, run)) == len(keys_of(it, run)) == 2


def keys_of(it, run) -> dict[str, str]:
    """The mails that were written about a run: the key of each, with its Message-ID."""
    return dict(
        it.rows(f"SELECT key, message_id FROM notifications_outgoingmail WHERE key LIKE '%:{run.occurrence}:%'")
    )


def taken_of(it, mail, run) -> list[str]:
    """The mails about a run that the mail server has taken."""
    about = set(keys_of(it, run).values())
    return [taken.message_id for taken in mail.taken if taken.message_id in about]


def test_a_database_locked_for_seconds_loses_nothing(it, submit):
    running = submit("play=complete&seconds=4")
    running.waits_for("in_progress")
    locked = threading.Event()

    def hold() -> None:
        with closing(it.connect()) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            locked.set()
            time.sleep(3)  # the fault itself
            connection.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(10)
    asked = time.monotonic()
    waiting = submit("play=complete&seconds=0")
    assert time.monotonic() - asked > 1, "it was not locked"
    holder.join()
    for run in (running, waiting):
        run.waits_for(PUBLISHED)
    assert running.told("Taken over") == 0


def test_a_broker_that_does_not_answer_keeps_no_page_waiting(it, submit):
    broker = it.process("broker")
    os.kill(broker, signal.SIGSTOP)
    try:
        asked = time.monotonic()
        run = submit("play=nothing-found&seconds=0")
        assert time.monotonic() - asked < 10
    finally:
        os.kill(broker, signal.SIGCONT)
    run.waits_for(PUBLISHED)


def test_messages_that_are_none_are_dropped_and_nothing_ends(it, submit, messages):
    programs = [it.process(name) for name in ("worker", "scanner")]
    running = submit("play=complete&seconds=4")
    running.waits_for("in_progress")
    for raw in (*GARBAGE, FOREIGN):
        messages.push(raw)
    submit("play=complete&seconds=0").waits_for(PUBLISHED)  # what was pushed before has been read
    running.waits_for(PUBLISHED)
    assert [it.process(name) for name in ("worker", "scanner")] == programs
    assert running.attempt == 1
