"""What Wapiti says it has sent is what its target was asked for, and how that was answered."""

from collections.abc import Iterator
from itertools import count

import pytest

from analyses.engines.contract import Found
from tests.engines.following import all_of, ended, kill, progress
from tests.engines.targets import a_target
from tests.targets.serving import Answer, Asked, redirect, serve

pytestmark = pytest.mark.engine


def halves() -> Iterator[bytes]:
    yield b"<html>the first half"
    raise ConnectionResetError


def shop(asked: Asked) -> Answer:
    match asked.path:
        case "/":
            return Answer("".join(f"<a href='/{page}'>x</a>" for page in ("moved", "mine", "busy", "broken", "half")))
        case "/moved":
            return redirect("/product?id=1")
        case "/product":
            error = "sqlite3.OperationalError: near" if "'" in asked.query.get("id", "") else ""
            return Answer(f"<html>A product {error}</html>")
        case "/mine":
            return Answer("Not yours", 403)
        case "/busy":
            return Answer("Later", 429)
        case "/broken":
            return Answer("Broken", 503)
        case "/half":
            return Answer(halves(), headers=(("Content-Length", "1000"),))
    return Answer("Nothing", 404)


def test_every_request_is_counted_by_what_came_of_it(wapiti, tmp_path):
    with serve(shop) as site:
        events = all_of(wapiti.start(a_target(url=site.url, modules=("sql",)), tmp_path, resume=False))
    assert ended(events).complete
    asked = [one.path for one in site.asked]
    counts = [step.requests for step in progress(events) if step.requests]
    last = counts[-1]
    assert last.made == len(asked) > 10
    assert last.turned_away == asked.count("/mine") + asked.count("/busy") > 1
    assert last.server_errors == asked.count("/broken") > 0
    assert last.lost == asked.count("/half") > 0
    assert [step.made for step in counts] == sorted(step.made for step in counts)


def test_without_an_answer_a_request_is_lost(wapiti, tmp_path):
    number = count()

    def answer(asked: Asked) -> Answer:
        if next(number) >= 2:
            raise ConnectionResetError
        return shop(asked)

    with serve(answer) as site:
        events = all_of(wapiti.start(a_target(url=site.url, modules=("sql",)), tmp_path, resume=False))
    last = progress(events)[-1].requests
    assert last.lost == last.made - 2 > 0


def test_it_counts_on_where_a_run_is_resumed_and_anew_where_one_begins(wapiti, tmp_path):
    with serve(shop) as site:
        target = a_target(url=site.url, modules=("sql",))
        run = wapiti.start(target, tmp_path, resume=False)
        for event in run.events():
            if isinstance(event, Found):
                kill(run.pid)
        all_of(wapiti.start(target, tmp_path, resume=True))
        events = all_of(wapiti.start(target, tmp_path, resume=True))
        assert progress(events)[-1].requests.made == len(site.asked)
        site.asked.clear()
        events = all_of(wapiti.start(target, tmp_path, resume=False))
        assert progress(events)[-1].requests.made == len(site.asked)
