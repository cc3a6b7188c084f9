"""How hard a target is worked: seen from the target's side."""

import statistics
import threading
import time
from dataclasses import dataclass, field

import pytest

from analyses.engines.contract import Found, Retested, Speed
from tests.engines.following import all_of, ended, flaws
from tests.engines.targets import a_target
from tests.targets.serving import Answer, Asked, serve

pytestmark = pytest.mark.engine
PAGES = 24
MODULES = ("http_headers", "xss")


@dataclass
class Counting:
    """A site that knows when it was asked, and how many it had to answer at the same time.

    It waits with each answer until `enough` are there, or it seems that no more come.
    """

    enough: int
    patience: float
    begun: list[float] = field(default_factory=list)
    most: int = 0
    _here: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, asked: Asked) -> Answer:
        with self._changed:
            self.begun.append(time.monotonic())
            self._here += 1
            self.most = max(self.most, self._here)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self.enough, self.patience)
            self._here -= 1
        links = "".join(f"<a href='/page-{number}?word=a'>x</a>" for number in range(PAGES))
        return Answer(f"<html>{links if asked.path == '/' else asked.path}{asked.query.get('word', '')}</html>")


def test_slowly_is_one_request_at_a_time_and_five_a_second(wapiti, tmp_path):
    """While it crawls, while it attacks, and when it tests again."""
    counting = Counting(enough=2, patience=0.02)
    with serve(counting) as site:
        target = a_target(url=site.url, speed=Speed.SLOW, modules=MODULES)
        run = wapiti.start(target, tmp_path, resume=False)
        found = []
        for event in run.events():  # all of it would take a minute
            found += [event.flaw] if isinstance(event, Found) and event.flaw.module == "xss" else []
            if len(found) >= 2:
                run.end()
        attacks = len(counting.begun)
        again = [event for event in wapiti.retest(target, found[:1], tmp_path, 30) if isinstance(event, Retested)]
    assert [event.confirmed for event in again] == [True]
    assert PAGES < attacks < len(counting.begun)
    assert counting.most == 1
    apart = [later - before for before, later in zip(counting.begun, counting.begun[1:], strict=False)]
    assert statistics.median(apart) > 0.15, "0.2, give or take the way to the target"
    assert counting.begun[-1] - counting.begun[0] > 0.19 * len(apart)


@pytest.mark.parametrize(("speed", "least", "most"), [(Speed.NORMAL, 5, 10), (Speed.FAST, 12, 20)])
def test_faster_is_more_requests_at_once(wapiti, tmp_path, speed, least, most):
    counting = Counting(enough=least, patience=2)
    with serve(counting) as site:
        events = all_of(wapiti.start(a_target(url=site.url, speed=speed, modules=MODULES), tmp_path, resume=False))
    assert ended(events).complete
    assert flaws(events)
    assert least <= counting.most <= most
