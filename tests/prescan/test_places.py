"""Where a scan goes on to: its twin and the allowed hosts, each of them judged like a target."""

import pytest

from analyses.addresses import DEFAULT_PORTS
from analyses.prescan.contract import PrescanTarget, SignInFailed
from analyses.prescan.lookout import Lookout
from analyses.prescan.places import MOST_PLACES
from analyses.prescan.sign_in import session_for
from analyses.statuses import ScanStatus
from tests.prescan.conftest import LOOPBACK, STEPS, assert_failed_at, by_form, outcomes, prescan_of
from tests.targets import sites
from tests.targets.certificates import authority, self_signed
from tests.targets.serving import Answer, Site, closed_port, redirect, serve

HOSTS = "Further hosts"
FAILED, UNREACHED = ScanStatus.VERIFICATION_FAILED, ScanStatus.CONNECTION_ERROR


def seen(result) -> str:
    return result.steps[STEPS.index(HOSTS)].cause


@pytest.fixture
def twins(tmp_path, monkeypatch):
    """One shop by both schemes, at ports that pass for their own."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with serve(sites.plain) as plain, serve(sites.plain, tls=made.context("127.0.0.1")) as secure:
        monkeypatch.setitem(DEFAULT_PORTS, "http", plain.port)
        monkeypatch.setitem(DEFAULT_PORTS, "https", secure.port)
        yield


def test_a_scan_that_keeps_to_its_own_address_needs_no_further_hosts():
    with serve(sites.plain) as site:
        result = prescan_of(site.url)
    assert result.failure is None
    assert outcomes(result)[HOSTS] == "skipped"


@pytest.mark.usefixtures("twins")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_twin_has_the_same_host_and_path_and_the_other_scheme(scheme):
    other = "https" if scheme == "http" else "http"
    result = prescan_of(f"{scheme}://127.0.0.1/shop/index.html", both_schemes=True)
    assert result.failure is None
    assert seen(result) == f"{other}://127.0.0.1 can be reached"
    session = session_for(
        PrescanTarget(f"{scheme}://127.0.0.1/shop/index.html", "page", allowed=LOOPBACK, both_schemes=True)
    )
    assert [(place.url, place.addresses, place.scope) for place in session.places] == [
        (f"{other}://127.0.0.1/shop/index.html", ("127.0.0.1",), "page")
    ]


def test_an_address_with_a_port_of_its_own_has_no_twin():
    with serve(sites.plain) as site:
        result = prescan_of(site.url, both_schemes=True)
        assert site.asked == []
    assert_failed_at(result, HOSTS, FAILED)
    assert "has no twin" in result.cause


def test_a_twin_with_a_bad_certificate_is_told(tmp_path, monkeypatch):
    with serve(sites.plain) as plain, serve(sites.plain, tls=self_signed(tmp_path, "127.0.0.1")) as secure:
        monkeypatch.setitem(DEFAULT_PORTS, "http", plain.port)
        monkeypatch.setitem(DEFAULT_PORTS, "https", secure.port)
        result = prescan_of("http://127.0.0.1/", both_schemes=True)
    assert_failed_at(result, HOSTS, UNREACHED)
    assert result.cause == "https://127.0.0.1: The certificate is self-signed"


def test_allowed_hosts_are_reached_and_looked_up(names):
    names["cdn.shop.test"] = ["127.0.0.2"]
    with serve(sites.plain, host="127.0.0.2") as cdn, serve(sites.plain) as api, serve(sites.plain) as site:
        hosts = (f"http://cdn.shop.test:{cdn.port}/", api.url)
        target = {"allowed": (*LOOPBACK, f"cdn.shop.test:{cdn.port}"), "allowed_hosts": hosts}
        result = prescan_of(site.url, **target)
        session = session_for(PrescanTarget(site.url, **target))
    assert result.failure is None
    assert seen(result) == f"http://cdn.shop.test:{cdn.port}, {api.url[:-1]} can be reached"
    assert [(place.url, place.addresses, place.scope) for place in session.places] == [
        (hosts[0], ("127.0.0.2",), "folder"),
        (api.url, ("127.0.0.1",), "folder"),
    ]


def test_a_place_that_is_not_allowed_is_not_connected_to():
    with serve(sites.plain, host="127.0.0.2") as cdn, serve(sites.plain) as site:
        result = prescan_of(site.url, allowed=("127.0.0.1",), allowed_hosts=(cdn.url,))
        assert cdn.asked == []
        with pytest.raises(SignInFailed, match=cdn.spot):
            session_for(PrescanTarget(site.url, allowed=("127.0.0.1",), allowed_hosts=(cdn.url,)))
    assert_failed_at(result, HOSTS, FAILED)
    assert result.cause.startswith(f"{cdn.url[:-1]}: ")


def test_a_place_whose_name_leads_inside_is_not_connected_to(names):
    names["cdn.shop.test"] = ["10.1.2.3"]
    with serve(sites.plain) as site:
        result = prescan_of(site.url, allowed=(*LOOPBACK, "*.shop.test"), allowed_hosts=("http://cdn.shop.test/",))
    assert_failed_at(result, HOSTS, FAILED)
    assert "10.1.2.3, a private address" in result.cause


def test_vedette_itself_is_no_place():
    with serve(sites.plain) as own, serve(sites.plain) as site:
        result = prescan_of(site.url, own=own.url, allowed_hosts=(own.url,))
        assert own.asked == []
    assert_failed_at(result, HOSTS, FAILED)


def test_a_place_at_which_nothing_listens_is_named():
    port = closed_port()
    with serve(sites.plain) as site:
        result = prescan_of(site.url, allowed_hosts=(f"http://127.0.0.1:{port}/",))
    assert_failed_at(result, HOSTS, UNREACHED)
    assert result.cause == f"http://127.0.0.1:{port}: Connection refused at 127.0.0.1:{port}"


def test_a_place_whose_name_does_not_exist_is_named(names):
    with serve(sites.plain) as site:
        result = prescan_of(site.url, allowed=(*LOOPBACK, "cdn.shop.test"), allowed_hosts=("http://cdn.shop.test/",))
    assert_failed_at(result, HOSTS, UNREACHED)
    assert result.cause == "http://cdn.shop.test: The name cdn.shop.test does not exist"


@pytest.mark.parametrize("hosts", [("ftp://cdn.shop.test/",), ("cdn",), ("http://user@cdn/",)])
def test_what_is_no_address_is_no_place(hosts):
    with serve(sites.plain) as site:
        result = prescan_of(site.url, allowed_hosts=hosts)
    assert_failed_at(result, HOSTS, FAILED)


def test_there_are_only_so_many_places():
    with serve(sites.plain) as site:
        many = tuple(f"http://127.0.0.1:{port}/" for port in range(9000, 9001 + MOST_PLACES))
        result = prescan_of(site.url, allowed_hosts=many)
    assert_failed_at(result, HOSTS, FAILED)
    assert f"more than {MOST_PLACES}" in result.cause


def leads_to(place: str):
    return sites.always(redirect(place))


def test_a_redirect_to_an_allowed_host_is_followed():
    with serve(sites.plain, host="127.0.0.2") as cdn, serve(leads_to(f"{cdn.url}shop/")) as site:
        result = prescan_of(site.url, scope="page", allowed_hosts=(cdn.url,))
    assert result.failure is None
    assert f"{cdn.url}shop/ answered 200 OK" in result.steps[STEPS.index("HTTP")].cause


def test_a_redirect_to_another_port_of_an_allowed_host_is_not_followed():
    with serve(sites.plain, host="127.0.0.2") as other, serve(sites.plain, host="127.0.0.2") as cdn:
        with serve(leads_to(other.url)) as site:
            result = prescan_of(site.url, scope="page", allowed_hosts=(cdn.url,))
        assert other.asked == []
    assert_failed_at(result, "HTTP", FAILED)


@pytest.mark.usefixtures("twins")
def test_a_redirect_to_the_twin_is_followed_within_its_folder(monkeypatch):
    answers = {"/shop/": redirect("https://127.0.0.1/shop/a"), "/old/": redirect("https://127.0.0.1/shop/a")}
    with serve(lambda asked: answers.get(asked.path, Answer(sites.PAGE))) as site:
        monkeypatch.setitem(DEFAULT_PORTS, "http", site.port)
        within = prescan_of("http://127.0.0.1/shop/", both_schemes=True)
        out = prescan_of("http://127.0.0.1/old/", both_schemes=True)
    assert within.failure is None
    assert_failed_at(out, "HTTP", FAILED)


def renewed(site: Site, **others) -> Lookout:
    target = PrescanTarget(site.url, allowed=LOOPBACK, sign_in=by_form(site), **others)
    return Lookout(target, session_for(target), every=60, failures=3, sign_ins=3)


def test_a_session_that_was_renewed_keeps_the_places():
    shop = sites.FormSite()
    with serve(sites.plain) as cdn, serve(shop) as site:
        lookout = renewed(site, allowed_hosts=(cdn.url,))
        shop._sessions.clear()  # as if it had restarted
        lookout.look()
        assert lookout.seen.renewals == 1
        assert [place.url for place in lookout.seen.session.places] == [cdn.url]
