"""How far a scan goes and how it behaves: what the form takes, keeps and refuses."""

import json

import pytest
from django.db import connection

from analyses import frozen, lifecycle
from analyses.addresses import DEFAULT_PORTS
from analyses.engines.wapiti.arguments import Plan, job
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import BY_DEFAULT
from analyses.models import Activity, AllowedTarget, Scan
from analyses.prescan.contract import Session
from analyses.prescan.sign_in import session_for
from analyses.targets import AllowedNow
from tests.configure.pages import errors_of, form_of, text_of
from tests.targets import sites
from tests.targets.certificates import authority
from tests.targets.serving import serve


@pytest.fixture
def scan(shop) -> Scan:
    """One without a sign-in."""
    return shop.scans.get(sign_in_method="none")


def _typed(scan, **values):
    return {f"scan-{scan.pk}-{name}": value for name, value in values.items()}


def _run(shop, scan, alice):
    """What a run of it is told."""
    return lifecycle.submit(shop, alice).scans.get(scan=scan)


def test_everything_chosen_reaches_the_prescan_and_the_engine(fill, shop, scan, alice):
    chosen = {
        "scope": "directory", "both_schemes": "on",
        "allowed_hosts": "cdn.example.test\nhttp://img.example.test:8080/", "speed": "slow",
        "headers": "X-Team: blue\nX-Trace:  on",
    }  # fmt: skip
    assert fill(shop, **_typed(scan, **chosen)).status_code == 302
    run = _run(shop, scan, alice)
    asked, told = (
        frozen.prescan_target(run, allowed=AllowedNow()),
        frozen.engine_target(run, Session(), allowed=AllowedNow()),
    )
    assert asked.scope == told.scope == "directory"
    assert asked.both_schemes
    assert asked.allowed_hosts == ("https://cdn.example.test/", "http://img.example.test:8080/")
    assert asked.headers == told.headers == (("X-Team", "blue"), ("X-Trace", "on"))
    assert told.speed == "slow"


@pytest.fixture
def twins(tmp_path, monkeypatch):
    """One shop by both schemes, at ports that pass for their own."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with serve(sites.plain) as plain, serve(sites.plain, tls=made.context("127.0.0.1")) as secure:
        monkeypatch.setitem(DEFAULT_PORTS, "http", plain.port)
        monkeypatch.setitem(DEFAULT_PORTS, "https", secure.port)
        yield


@pytest.mark.usefixtures("twins")
@pytest.mark.parametrize("chosen", ["http", "https"])
def test_a_twin_that_is_chosen_in_the_form_is_what_the_engine_scans_too(fill, shop, scan, alice, tmp_path, chosen):
    AllowedTarget.objects.create(pattern="127.0.0.1")
    twin = f"{'https' if chosen == 'http' else 'http'}://127.0.0.1/shop/list"
    values = {"url": f"{chosen}://127.0.0.1/shop/list", "both_schemes": "on"}
    assert fill(shop, **_typed(scan, **values)).status_code == 302
    run, allowed = _run(shop, scan, alice), AllowedNow(["127.0.0.1"])
    session = session_for(frozen.prescan_target(run, allowed=allowed))
    target = frozen.engine_target(run, session, allowed=allowed)
    told = json.loads(job(target, Plan(BY_DEFAULT), Folder(tmp_path), (8080, "")))
    assert {f"--url={chosen}://127.0.0.1/shop/", f"--start={values['url']}", f"--start={twin}"} <= {*told["arguments"]}
    assert told["further"] == [[twin.removesuffix("list"), "folder"]]
    assert [place.addresses for place in target.everywhere] == [("127.0.0.1",)] * 2


def test_the_log_says_what_changed_and_of_headers_only_the_names(fill, shop, scan):
    fill(shop, **_typed(scan, speed="fast", both_schemes="on", headers="X-Token: stored-secret"))
    cause = Activity.objects.get().cause
    assert "https://shop.example.test/: http or https twin: no → yes" in cause
    assert "speed: Normal → Fast" in cause
    assert "extra headers: added (X-Token)" in cause
    assert "stored-secret" not in cause


def test_headers_are_stored_encrypted_and_never_sent_back(fill, as_alice, shop, scan):
    fill(shop, **_typed(scan, headers="X-Token: stored-secret"))
    page = as_alice.get(f"/analyses/{shop.pk}/configure/")
    assert "Stored: X-Token. Leave empty to keep them" in text_of(page)
    assert "stored-secret" not in page.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT headers FROM analyses_scan WHERE id = %s", [scan.pk])
        assert "stored-secret" not in cursor.fetchone()[0]


def test_left_empty_they_are_kept_and_can_be_removed(fill, shop, scan):
    fill(shop, **_typed(scan, headers="X-Token: stored-secret"))
    fill(shop, **_typed(scan, user_agent="Mine/1"))
    scan.refresh_from_db()
    assert scan.headers == "X-Token: stored-secret"
    fill(shop, **_typed(scan, remove_headers="on"))
    scan.refresh_from_db()
    assert (scan.headers, scan.headers_name) == ("", "")


def test_they_are_not_sent_to_somebody_else(fill, shop, scan):
    fill(shop, **_typed(scan, headers="X-Token: stored-secret"))
    page = fill(shop, **_typed(scan, url="https://evil.example.test/"))
    assert "given for another address" in errors_of(page)[f"scan-{scan.pk}-headers"]


def test_typed_headers_have_to_be_typed_again_on_a_page_with_an_error(fill, shop, scan):
    page = fill(shop, name="", **_typed(scan, headers="X-Token: n3w"))
    assert "type it again" in errors_of(page)[f"scan-{scan.pk}-headers"]
    assert "n3w" not in page.content.decode()


WRONG_HEADERS = [
    ("X Token: 1", "Line 1: write it as"),
    ("X-Token", "Line 1: write it as"),
    ("X-A: 1\nHost: evil.test", "Line 2: Host is set by the engine itself."),
    ("Cookie: a=b", "Cookie is set by the engine itself."),
    ("X-A: schön", "printable ASCII"),
    ("X-A: 1\nx-a: 2", "Give each header once."),
    ("\n".join(f"X-{n}: 1" for n in range(21)), "At most 20 headers"),
]


@pytest.mark.parametrize(("typed", "message"), WRONG_HEADERS, ids=range(len(WRONG_HEADERS)))
def test_what_is_no_header_is_said_with_its_line(fill, shop, scan, typed, message):
    page = fill(shop, **_typed(scan, headers=typed))
    assert message in errors_of(page)[f"scan-{scan.pk}-headers"]


WRONG_HOSTS = [
    ("https://cdn.example.test/path", "give the host only"),
    ("ftp://cdn.example.test/", "must begin with http"),
    ("*.example.test", "is not the name of a host"),
    ("\n".join(f"h{n}.example.test" for n in range(21)), "at most 20"),
]


@pytest.mark.parametrize(("typed", "message"), WRONG_HOSTS, ids=range(len(WRONG_HOSTS)))
def test_what_is_no_host_is_said(fill, shop, scan, typed, message):
    page = fill(shop, **_typed(scan, allowed_hosts=typed))
    assert message in errors_of(page)[f"scan-{scan.pk}-allowed_hosts"]


def test_a_further_host_has_to_be_an_allowed_target_too(fill, shop, scan, as_alice):
    page = fill(shop, then="submit", **_typed(scan, allowed_hosts="cdn.elsewhere.test"))
    assert "not among the allowed targets" in errors_of(page)[f"scan-{scan.pk}-allowed_hosts"]
    fill(shop, **_typed(scan, allowed_hosts="cdn.elsewhere.test"))
    as_alice.post(f"/analyses/{shop.pk}/actions/submit/")
    shop.refresh_from_db()
    assert shop.status == "saved_for_later"
    AllowedTarget.objects.create(pattern="cdn.elsewhere.test")
    as_alice.post(f"/analyses/{shop.pk}/actions/submit/")
    shop.refresh_from_db()
    assert shop.status == "submitted"


def test_an_address_with_a_port_of_its_own_has_no_twin(fill, shop, scan):
    page = fill(shop, **_typed(scan, url="https://shop.example.test:8443/", both_schemes="on"))
    assert "it has no twin" in errors_of(page)[f"scan-{scan.pk}-both_schemes"]


def test_what_a_scan_sets_itself_goes_before_what_its_analysis_sets(fill, shop, scan, alice):
    fill(
        shop,
        user_agent="Everyone/1",
        excluded_urls="https://shop.example.test/logout",
        **_typed(scan, user_agent="Mine/1", excluded_urls="https://shop.example.test/admin/"),
    )
    occurrence = lifecycle.submit(shop, alice)
    own, other = (occurrence.scans.get(scan=each) for each in (scan, shop.scans.exclude(pk=scan.pk).get()))
    assert (own.configuration["user_agent"], other.configuration["user_agent"]) == ("Mine/1", "Everyone/1")
    assert own.configuration["excluded_urls"] == [
        "https://shop.example.test/admin/",
        "https://shop.example.test/logout",
    ]


def test_usual_browsers_are_offered_as_user_agents_and_all_of_them_are_taken(fill, as_alice, shop, scan):
    page = as_alice.get(f"/analyses/{shop.pk}/configure/")
    offered = page.context["page"].user_agents
    assert len(offered) == 5
    for _, text in offered:
        assert fill(shop, user_agent=text, **_typed(scan, user_agent=text)).status_code == 302
    assert 'list="user-agents"' in page.content.decode()


def test_the_log_shows_each_change_on_a_line_of_its_own(fill, as_alice, shop, scan):
    fill(shop, description="New", **_typed(scan, speed="fast"))
    page = as_alice.get(f"/analyses/{shop.pk}/").content.decode()
    assert "Description: (empty) → New<br>https://shop.example.test/: speed: Normal → Fast" in page


# --- The analysis itself ---


def test_people_and_review_are_kept(fill, as_alice, shop):
    chosen = {
        "business_unit": "Retail", "contact_name": "Dana", "contact_email": "dana@example.test",
        "recipients": "a@example.test\n\n b@example.test \na@example.test", "hold_results": "on",
    }  # fmt: skip
    assert fill(shop, **chosen).status_code == 302
    shop.refresh_from_db()
    assert (shop.business_unit, shop.contact_name, shop.contact_email) == ("Retail", "Dana", "dana@example.test")
    assert (shop.recipients, shop.hold_results) == ("a@example.test\nb@example.test", True)
    page = as_alice.get("/analyses/new/")
    assert '<option value="Retail">' in page.content.decode()


@pytest.mark.parametrize(
    "typed", ["nobody", "a@example.test\nb@", "a@example.test, b@example.test", "a@b\r\nBcc: x@y.z"]
)
def test_what_is_no_e_mail_address_is_said(fill, shop, typed):
    assert "is no e-mail address." in errors_of(fill(shop, recipients=typed))["recipients"]


def test_more_than_twenty_recipients_are_refused(fill, shop):
    typed = "\n".join(f"p{n}@example.test" for n in range(21))
    assert "At most 20" in errors_of(fill(shop, recipients=typed))["recipients"]


def test_people_may_change_while_it_runs_and_review_may_not(fill, as_alice, shop, alice):
    lifecycle.submit(shop, alice)
    assert fill(shop, recipients="a@example.test", contact_name="Dana").status_code == 302
    sent = form_of(as_alice.get(f"/analyses/{shop.pk}/configure/"))
    assert "hold_results" not in sent
    page = as_alice.post(f"/analyses/{shop.pk}/configure/", sent | {"hold_results": "on", "then": "save"})
    shop.refresh_from_db()
    assert not shop.hold_results, errors_of(page)
