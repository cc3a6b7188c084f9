"""What the supervisor promises, with tiny programs: nothing is left behind, and nothing ends before its time."""

import os
import signal
import sys
import time

import pytest

from tests.run.conftest import Watched, wait_for
from tests.run.tree import STOP_SECONDS

pytestmark = pytest.mark.process


@pytest.fixture
def tree(watch):
    """Start tests/run/tree.py with these programs and wait until all of them run."""

    def start(*programs: str) -> Watched:
        watched = watch(sys.executable, "-m", "tests.run.tree", *programs)
        for program in programs:
            _process_of(watched, program.partition(":")[0])
        watched.look()
        return watched

    return start


def _process_of(tree: Watched, name: str, number: int = 1) -> int:
    """The process of a program's start, the first or a later one."""
    begins = rf"(?:{name} +\| begins as (\d+)(?s:.*?)){{{number}}}"
    return int(tree.wait_for_output(begins)[1])


def test_programs_end_in_the_order_given_each_after_the_one_before(tree):
    watched = tree("first:", "second:", "third:")
    assert watched.end() == 0
    ends = [line.split()[0] for line in watched.lines if "is told to end" in line]
    assert ends == ["first", "second", "third"]
    assert watched.left_over() == []


def test_a_program_that_ends_by_itself_is_started_again(tree):
    watched = tree("worker:", "web:")
    os.kill(_process_of(watched, "worker"), signal.SIGTERM)
    assert _process_of(watched, "worker", number=2) != _process_of(watched, "worker")
    watched.look()
    assert watched.end() == 0
    assert watched.left_over() == []


def test_a_program_that_does_not_end_in_time_is_killed(tree):
    watched = tree("worker:stubborn")
    assert watched.end() == 0
    assert "worker does not end by itself in time; it is killed." in watched.output
    assert watched.left_over() == []


def test_asking_twice_kills_at_once_and_a_doubled_signal_does_not(tree):
    watched = tree("worker:stubborn", "scanner:deaf")
    asked = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT):
        watched.process.send_signal(number)
    watched.wait_for_output("worker does not end")
    assert time.monotonic() - asked > STOP_SECONDS  # the next signal is a second wish, this was none
    assert watched.end() == 0
    assert watched.left_over() == []


def test_what_a_killed_program_started_is_ended(tree):
    watched = tree("scanner:parent")
    child = int(watched.wait_for_output(r"has the child (\d+)")[1])
    os.kill(_process_of(watched, "scanner"), signal.SIGKILL)
    wait_for(lambda: not os.path.exists(f"/proc/{child}"), "the end of the orphan")
    assert watched.process.poll() is None
    watched.wait_for_output(r"(?s)has the child.*has the child")
    watched.look()
    assert watched.end() == 0
    assert watched.left_over() == []


def test_nothing_outlives_a_killed_supervisor(tree):
    watched = tree("worker:", "web:")
    watched.process.kill()
    wait_for(lambda: not watched.left_over(), "the programs to end by themselves")


def test_text_of_a_program_cannot_command_the_terminal(tree):
    watched = tree("scanner:hostile")
    watched.wait_for_output("owned")
    assert watched.end() == 0
    assert not set(watched.output) & {"\x1b", "\x07", "\x9b"}
