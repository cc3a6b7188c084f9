"""The lookout over scans that were signed in by a recorded script: what shows a loss, and how it is made good."""

import pytest

from analyses.prescan.contract import PrescanTarget
from analyses.prescan.lookout import Lookout
from analyses.prescan.sign_in import session_for
from tests.prescan.conftest import LOOPBACK
from tests.prescan.scripts import side
from tests.prescan.test_lookout import wait
from tests.prescan.test_sign_in_script import OPEN, PASSWORD, by_script, typed
from tests.targets import sites
from tests.targets.serving import Answer, serve
from tests.targets.single_page import SinglePage

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_is_left")]


def watching(url: str, sign_in=None) -> Lookout:
    target = PrescanTarget(url, sign_in=sign_in or by_script(), allowed=LOOPBACK)
    return Lookout(target, session_for(target, seconds=60), every=0.02, failures=3, sign_ins=3)


@pytest.mark.parametrize("stored", ["localStorage", ""])
def test_a_session_that_is_lost_is_obtained_again_by_playing_the_script(stored):
    shop = SinglePage(stored=stored)
    with serve(shop) as site, watching(site.url) as lookout:
        first = lookout.seen.session
        asked = len(site.asked)
        wait(lookout, lambda _: len(site.asked) > asked + 3)
        assert {found.path for found in site.asked[asked:]} == {"/api/me"}
        assert lookout.seen.renewals == 0
        shop.sessions.clear()
        seen = wait(lookout, lambda seen: seen.renewals == 1, seconds=60)
        assert (seen.session.headers, seen.session.cookies) != (first.headers, first.cookies)
        assert seen.session.addresses == first.addresses
        assert seen.signed_out == ""
    assert shop.tries == [True, True]


def test_repeated_failure_is_a_lockout():
    shop = SinglePage()
    with (
        serve(shop) as site,
        watching(site.url, by_script(*typed(), ("waitForElementPresent", "id=out", "900"))) as lookout,
    ):
        shop.password = "changed meanwhile"
        shop.sessions.clear()
        seen = wait(lookout, lambda seen: seen.locked_out, seconds=60)
    assert "failed 3 times in a row" in seen.locked_out
    assert "Login script" in seen.locked_out
    assert shop.tries == [True, False, False, False]


def test_the_targets_own_word_is_a_lockout_at_once():
    shop = SinglePage(most_tries=1)
    with (
        serve(shop) as site,
        watching(site.url, by_script(*typed(), ("waitForElementPresent", "id=out", "900"))) as lookout,
    ):
        shop.tries.append(False)
        shop.sessions.clear()
        seen = wait(lookout, lambda seen: seen.locked_out, seconds=60)
    assert "the account is locked" in seen.locked_out
    assert shop.tries == [True, False]


def test_pages_that_servers_draw_are_looked_at_for_the_check_text():
    commands = (OPEN, ("type", "name=user", "alice"), ("type", "name=pass", PASSWORD), ("click", "name=do"))
    shop = sites.FormSite()
    with serve(shop) as site, watching(site.url, by_script(*commands)) as lookout:
        shop._sessions.clear()
        wait(lookout, lambda seen: seen.renewals == 1, seconds=60)


def test_without_an_address_that_tells_only_a_refusal_of_the_check_page_is_a_loss(monkeypatch):
    monkeypatch.setattr("analyses.prescan.sign_in_script.STEP_SECONDS", 2)
    drawn = "<script>document.body.innerHTML = '<h1>Wel' + 'come, alice</h1>'; document.cookie = 's=1'</script>"
    refusing = []

    def answer(asked):
        return Answer("Who are you?", 401) if refusing else Answer(f"<body>{drawn}</body>")

    with serve(answer) as site, watching(site.url, by_script(OPEN, login_script=side(OPEN))) as lookout:
        assert lookout.seen.session.witness == ""
        asked = len(site.asked)
        wait(lookout, lambda _: len(site.asked) > asked + 3)
        assert (lookout.seen.renewals, lookout.seen.signed_out) == (0, "")
        refusing.append(True)
        seen = wait(lookout, lambda seen: seen.signed_out, seconds=60)
    assert seen.signed_out
