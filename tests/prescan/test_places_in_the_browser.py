"""A crawl script may go on to the places of its scan, and its browser reaches them."""

import pytest

from analyses.prescan.contract import SignIn, SignInMethod
from analyses.statuses import ScanStatus
from tests.prescan.conftest import assert_failed_at, outcomes, prescan_of
from tests.prescan.scripts import side
from tests.targets import sites
from tests.targets.serving import Answer, serve

pytestmark = pytest.mark.browser
THERE = ("click", "css=a")


def links_to(place: str):
    return sites.always(Answer(f"<!doctype html><h1>Shop</h1><a href='{place}'>there</a><img src='{place}x.png'>"))


def test_a_script_goes_on_to_an_allowed_host_and_to_no_other():
    with serve(sites.plain) as other, serve(links_to(f"{other.url}far")) as cdn, serve(links_to(f"{cdn.url}a")) as site:
        script = side(("open", "/"), THERE)
        within = prescan_of(site.url, crawl_script=script, allowed_hosts=(cdn.url,), seconds=60)
        opened = prescan_of(site.url, crawl_script=side(("open", f"{cdn.url}b")), allowed_hosts=(cdn.url,), seconds=60)
        out = prescan_of(site.url, crawl_script=side(("open", "/"), THERE, THERE), allowed_hosts=(cdn.url,), seconds=60)
        assert other.asked == []
    assert within.failure is None, within.cause
    assert within.start_urls == (site.url, f"{cdn.url}a")
    assert opened.start_urls == (f"{cdn.url}b",)
    assert_failed_at(out, "Crawl script", ScanStatus.CRAWL_SCRIPT_ERROR)
    assert "outside of the scope of the scan" in out.cause


def test_another_port_of_an_allowed_host_is_out_of_scope():
    with serve(sites.plain) as other, serve(sites.plain) as cdn, serve(sites.plain) as site:
        script = side(("open", f"{other.url}b"))
        result = prescan_of(site.url, crawl_script=script, allowed_hosts=(cdn.url,), scope="page")
        assert other.asked == []
    assert_failed_at(result, "Crawl script", ScanStatus.CRAWL_SCRIPT_ERROR)


def test_where_the_sign_in_is_a_header_the_browser_does_not_reach_the_places():
    """Chromium takes a header along through redirects: none could be kept from a place it reaches."""
    sign_in = SignIn(SignInMethod.HEADER, header="X-Key", secret="very-secret", check_text="Welcome, alice")
    shop = sites.header("X-Key", "very-secret")
    with serve(sites.plain) as cdn:

        def answer(asked):
            told = shop(asked)
            return Answer(f"{told.body}<img src='{cdn.url}x.png'>", told.status, told.headers)

        with serve(answer) as site:
            allowed = {"allowed_hosts": (cdn.url,), "seconds": 60}
            result = prescan_of(site.url, sign_in, crawl_script=side(("open", "/")), **allowed)
            opened = prescan_of(site.url, sign_in, crawl_script=side(("open", cdn.url)), **allowed)
            assert cdn.asked == []
    assert outcomes(result)["Crawl script"] == "passed", result.cause
    assert_failed_at(opened, "Crawl script", ScanStatus.CRAWL_SCRIPT_ERROR)
    assert "must not go" in opened.cause
