"""The lookout, on real sites: does the target still answer, is the scan still signed in?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.lookout import Lookout, Seen
from analyses.prescan.sign_in import session_for
from tests.targets import sites
from tests.targets.serving import Answer, serve

NO_SIGN_IN = SignIn()
FORM = SignIn(SignInMethod.FORM, username="alice", secret="correct horse", check_text="Welcome, alice")


@contextmanager
def watching(url: str, sign_in: SignIn = NO_SIGN_IN) -> Iterator[Lookout]:
    target = PrescanTarget(url, sign_in=sign_in, allowed=("127.0.0.1",))
    session = session_for(target, seconds=10)
    with Lookout(target, session, every=0.02, failures=3, sign_ins=3) as lookout:
        yield lookout


def wait(lookout: Lookout, fact: Callable[[Seen], object], *, seconds: float = 10) -> Seen:
    tick = threading.Event()
    for _ in range(round(50 * seconds)):
        if fact(lookout.seen):
            return lookout.seen
        tick.wait(0.02)
    raise AssertionError(f"waited in vain: {lookout.seen}")


def test_a_site_that_answers_is_no_trouble():
    with serve(sites.plain) as site, watching(site.url) as lookout:
        wait(lookout, lambda _: len(site.asked) > 5)
        assert lookout.seen == Seen(lookout.seen.session)


def test_a_site_that_is_gone_is_unreachable_after_several_looks():
    with serve(sites.plain) as site:
        watched = watching(site.url)
        lookout = watched.__enter__()
        wait(lookout, lambda _: site.asked)
    seen = wait(lookout, lambda seen: seen.unreachable)
    watched.__exit__(None, None, None)
    assert "3 times in a row" in seen.unreachable
    assert "refused" in seen.unreachable.lower() or "closed" in seen.unreachable.lower()


def test_errors_of_the_site_are_answers():
    def broken(asked):
        return Answer("Broken", 503) if len(site.asked) > 1 else sites.plain(asked)

    with serve(broken) as site, watching(site.url) as lookout:
        wait(lookout, lambda _: len(site.asked) > 8)
        assert not lookout.seen.unreachable


def test_a_session_that_is_lost_is_obtained_again():
    shop = sites.FormSite()
    with serve(shop) as site, watching(site.url, FORM) as lookout:
        first = lookout.seen.session
        shop._sessions.clear()
        seen = wait(lookout, lambda seen: seen.renewals == 1)
        assert seen.session.cookies != first.cookies
        assert seen.session.addresses == first.addresses
        assert seen.signed_out == ""
        assert seen.lost == f"The check text is not on {site.url}login/ after signing in"


def test_repeated_failed_sign_ins_are_a_lockout():
    shop = sites.FormSite()
    with serve(shop) as site, watching(site.url, FORM) as lookout:
        shop.password = "changed meanwhile"
        shop._sessions.clear()
        seen = wait(lookout, lambda seen: seen.locked_out)
        assert "failed 3 times in a row" in seen.locked_out
        assert len(shop.submitted) == 4  # the first one that worked, and not one more than three


@pytest.mark.parametrize("status", [423, 429])
def test_the_targets_own_word_is_a_lockout_at_once(status):
    shop = sites.FormSite(wrong="Your account is locked.", wrong_status=status, wrong_shows_form=False)
    locked = []

    def answer(asked):
        return Answer("Locked", status) if locked else shop(asked)

    with serve(answer) as site, watching(site.url, FORM) as lookout:
        locked.append(True)
        seen = wait(lookout, lambda seen: seen.locked_out)
        assert "locked" in seen.locked_out
        assert len(shop.submitted) == 1


def test_a_token_that_is_refused_is_a_lost_sign_in():
    token = SignIn(SignInMethod.HEADER, secret="Bearer abc", header="Authorization")
    valid = sites.header("authorization", "Bearer abc")
    revoked = []

    def answer(asked):
        return Answer("Who are you?", 401) if revoked else valid(asked)

    with serve(answer) as site, watching(site.url, token) as lookout:
        assert wait(lookout, lambda _: len(site.asked) > 5).signs_in
        revoked.append(True)
        seen = wait(lookout, lambda seen: seen.locked_out)
        assert "refuses" in seen.locked_out
        assert "abc" not in seen.locked_out


def test_an_answer_that_breaks_its_reader_does_not_end_the_watch(monkeypatch):
    shop = sites.FormSite()
    broken = []

    def break_once(*_):
        monkeypatch.undo()
        broken.append(True)
        raise RecursionError

    with serve(shop) as site, watching(site.url, FORM) as lookout:
        monkeypatch.setattr("analyses.prescan.lookout.prove", break_once)
        wait(lookout, lambda _: broken)
        shop._sessions.clear()
        assert wait(lookout, lambda seen: seen.renewals == 1)


def test_it_ends_with_its_block():
    with serve(sites.plain) as site:
        with watching(site.url) as lookout:
            wait(lookout, lambda _: site.asked)
        lookout._thread.join(5)
        assert not lookout._thread.is_alive()
