"""Trying out each way to sign in, by the worker's own function on real sites: what was done, with pictures of it."""

import json
from itertools import pairwise

import pytest
from django.urls import reverse

from analyses import sign_in_tests
from analyses.configuring import ScanSettings, Secret
from analyses.models import AllowedTarget, SignInTest, Specification
from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.rendered import MOST_SHOTS, MOST_SHOTS_SIZE, Shots
from analyses.prescan.side import parse
from analyses.prescan.stages import MOST_BYTES, MOST_STAGES, Stages
from analyses.prescan.totp import CodeKey
from tests.prescan.scripts import side
from tests.targets import certificates, sites
from tests.targets.pet_api import BASE, PetApi
from tests.targets.serving import Answer, Asked, serve
from tests.targets.signed_in import GREETING
from tests.targets.single_page import KEY, SEED
from tests.targets.sites import FormSite
from tests.targets.staged import CODE, NAME, PASSWORD, Staged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = FormSite.password
OPENED, NAMED, TYPED, SENT, WAITED = (
    ("open", "/login/"), ("type", "name=user", "alice"), ("type", "name=pass", SECRET),
    ("click", "css=#sign-in button"), ("waitForText", "css=h1", GREETING),
)  # fmt: skip


@pytest.fixture
def tried(alice):
    """Have a worker try a sign-in at this site; answers the test when it is over."""

    def try_out(site, *, secrets: dict[str, str], **values) -> SignInTest:
        AllowedTarget.objects.create(pattern=site.spot)
        values = {"url": site.url, "check_text": GREETING, "username": "alice", **values}
        given = {name: Secret(text) for name, text in secrets.items()}
        test = sign_in_tests.begin(alice, None, ScanSettings(None, values, given), {})
        sign_in_tests.drive(test.pk)
        test.refresh_from_db()
        return test

    return try_out


def stages_of(test: SignInTest, step: str = "Sign-in") -> dict[str, bytes]:
    """What was done at a step, with the picture of each."""
    return {stage.words: bytes(stage.screenshot) for stage in test.steps.get(name=step).stages.all()}


def assert_pictured(*pictures: bytes) -> None:
    """Each is a JPEG and shows something else than the one before."""
    assert all(picture.startswith(b"\xff\xd8\xff") for picture in pictures)
    assert all(one != other for one, other in pairwise(pictures))


def test_a_form_shows_its_page_and_the_page_after_it_to_whoever_tried(tried, client, alice, bob):
    with serve(FormSite()) as site:
        test = tried(site, secrets={"secret": SECRET}, sign_in_method="form", login_url=f"{site.url}login/")
    assert test.succeeded, test.cause
    stages = stages_of(test)
    assert list(stages) == [
        f"Opened the sign-in page: {site.url}login/ answered 200 OK",
        f"Sent the form with the password: {site.url}login/ answered 302 Found, which leads to {site.url}",
        f"Opened the check page: {site.url} answered 200 OK",
    ]
    form, after, check = stages.values()
    assert_pictured(form, after)
    assert after == check == bytes(test.steps.get(name="Sign-in").screenshot)  # one page, pictured once
    in_browser = [asked.path for asked in site.asked if "Chrome" in asked.headers["user-agent"]]
    assert (in_browser.count("/login/"), in_browser.count("/")) == (1, 1)
    place = test.steps.get(name="Sign-in").position
    address = reverse("analyses:sign-in-test-stage-picture", args=[test.pk, place, 0])
    client.force_login(alice)
    assert client.get(address).content == form
    page = client.get(reverse("analyses:sign-in-test", args=[test.pk])).content.decode()
    assert address in page
    assert SECRET not in page
    client.force_login(bob)
    assert client.get(address).status_code == 404


def test_a_form_that_refuses_shows_how_far_it_came(tried):
    with serve(FormSite()) as site:
        test = tried(site, secrets={"secret": "wrong one"}, sign_in_method="form", login_url=f"{site.url}login/")
    assert test.succeeded is False
    opened, sent, check = stages_of(test).items()
    assert_pictured(opened[1])
    assert check[0] == f"Opened the check page: {site.url}login/ answered 200 OK"  # where strangers are led
    assert sent == (f"Sent the form with the password: {site.url}login/ answered 200 OK", b"")


def test_a_script_shows_the_page_after_each_of_its_steps(tried):
    with serve(FormSite()) as site:
        script = side(OPENED, NAMED, TYPED, SENT, WAITED)
        test = tried(site, secrets={"login_script": script}, sign_in_method="script")
    assert test.succeeded, test.cause
    stages = stages_of(test)
    assert [words.rpartition("(")[2] for words in stages] == [
        "open /login/)", "type name=user)", "type name=pass)", "click css=#sign-in button)", "waitForText css=h1)",
    ]  # fmt: skip
    opened, named, typed, sent, waited = stages.values()
    assert_pictured(opened, sent)
    assert {named, typed, waited} == {b""}  # what is typed is covered, so these show nothing new


def test_a_script_that_fails_shows_where(tried, monkeypatch):
    monkeypatch.setattr("analyses.prescan.playing.STEP_SECONDS", 1.5)
    with serve(FormSite()) as site:
        script = side(OPENED, NAMED, TYPED, ("click", "id=none"), WAITED)
        test = tried(site, secrets={"login_script": script}, sign_in_method="script")
    assert test.succeeded is False
    *_, (words, picture) = stages_of(test).items()
    assert words.endswith("step 4 (click id=none): not done")
    assert picture == bytes(test.steps.get(name="Sign-in").screenshot)
    assert_pictured(picture)


def test_one_time_codes_have_a_stage_of_their_own(tried):
    with serve(Staged((NAME + PASSWORD, CODE), key=CodeKey(SEED))) as site:
        secrets = {"secret": SECRET, "totp_secret": KEY}
        test = tried(site, secrets=secrets, sign_in_method="form", login_url=f"{site.url}login/")
    assert test.succeeded, test.cause
    opened, password, code, check = stages_of(test).items()
    assert password == (f"Sent the form with the password: {site.url}login/ answered 200 OK", b"")
    assert code[0] == f"Sent a one-time code: {site.url}login/ answered 302 Found, which leads to {site.url}"
    assert_pictured(opened[1], code[1])
    assert check[1] == code[1]


@pytest.mark.parametrize(
    ("site", "values", "secret", "carried"),
    [
        (sites.basic("alice", SECRET), {"sign_in_method": "basic"}, SECRET, "user name and password (HTTP basic)"),
        (
            sites.header("X-Token", "of the shop"), {"sign_in_method": "header", "header": "X-Token"},
            "of the shop", "the header X-Token",
        ),
    ],
    ids=["basic", "header"],
)  # fmt: skip
def test_a_header_is_told_in_words(tried, site, values, secret, carried):
    with serve(site) as serving:
        test = tried(serving, secrets={"secret": secret}, **values)
    assert test.succeeded, test.cause
    assert stages_of(test) == {
        f"Asked with {carried}: {serving.url} answered 200 OK": b"",
        f"Asked without: {serving.url} answered 401 Unauthorized": b"",
    }
    assert_pictured(bytes(test.steps.get(name="Sign-in").screenshot))


def test_a_client_certificate_is_told_in_words(tried, tmp_path, monkeypatch):
    authority = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        pem = authority.person("alice.test").pem
        test = tried(site, secrets={"client_certificate": pem}, sign_in_method="none")
        assert {asked.certificate for asked in site.asked} == {"alice.test"}
    assert test.succeeded, test.cause
    [(words, picture)] = stages_of(test, "TLS").items()
    assert words.startswith("Offered the client certificate CN=alice.test, valid until 2")
    assert words.endswith(f" at {site.spot}")
    assert picture == b""
    assert_pictured(bytes(test.steps.get(name="HTTP").screenshot))


@pytest.mark.parametrize(("token", "works"), [("of the pets", True), ("of another", False)])
def test_an_api_is_tried_with_its_header(tried, token, works):
    request = {"endpoint": "GET /pets", "method": "GET", "path": "/pets", "headers": [["X-Api-Version", "2"]]}
    specification = Specification.objects.create(
        name="pets.json", form="OpenAPI", endpoints=[{"method": "GET", "path": "/pets"}], requests=json.dumps([request])
    )
    with serve(PetApi("of the pets")) as site:
        test = tried(
            site, secrets={"secret": f"Bearer {token}"}, url=f"{site.url.rstrip('/')}{BASE}", check_text="",
            specification=specification, sign_in_method="header", header="Authorization",
        )  # fmt: skip
    assert test.succeeded is works, test.cause
    asked, *without = stages_of(test)
    pets = f"{site.url.rstrip('/')}{BASE}/pets"
    answer = "400 Bad Request" if works else "401 Unauthorized"
    assert asked == f"Asked with the header Authorization: {pets} answered {answer}"
    assert bool(without) is works


def test_a_script_is_played_at_a_site_behind_http_basic(tried):
    wanted = sites.basic("alice", SECRET)

    def shop(asked: Asked) -> Answer:
        answer = wanted(asked)
        return Answer(f"<h1>{GREETING}</h1>In stock") if answer.status == 200 and asked.path == "/stock" else answer

    with serve(shop) as site:
        script = side(("open", "/stock"), ("assertText", "css=h1", GREETING))
        secrets = {"secret": SECRET, "crawl_script": script}
        test = tried(site, secrets=secrets, sign_in_method="basic")
    assert test.succeeded, test.cause
    assert_pictured(bytes(test.steps.get(name="Crawl script").screenshot))


# --- Bounds ---


def test_a_script_is_told_without_what_it_types_and_without_queries():
    stages = Stages()
    steps = (("open", "/?token=abcdef"), TYPED, ("click", f"xpath=//p[text()='{SECRET}']"))
    stages.tell_played(parse(side(*steps).encode()).commands, {"outcome": "played"})
    assert [words.partition("(")[2] for words, _ in stages.told] == [
        "open /)", "type name=pass)", "click xpath=//p[text()='•••'])",
    ]  # fmt: skip


def test_pictures_of_a_script_are_bounded_in_number_and_size():
    shots, taken = Shots(True), []
    for at in range(MOST_SHOTS + 5):
        shots.next(lambda at=at: taken.append(at) or str(at))
    assert len(taken) == MOST_SHOTS
    big = Shots(True)
    half = MOST_SHOTS_SIZE // 2
    assert [bool(big.next(lambda at=at: str(at) * half)) for at in range(4)] == [True, True, False, False]
    assert Shots(False).next(lambda: "taken") == ""


def test_a_page_that_cannot_be_pictured_is_not_tried_again():
    shots = Shots(True)
    assert [shots.next(lambda: ""), shots.next(lambda: "taken")] == ["", ""]


def test_stages_are_bounded_in_number_and_size_and_hold_no_password():
    stages = Stages()
    for at in range(MOST_STAGES + 5):
        stages.tell(f"{at}: {SECRET}", b"x" * (MOST_BYTES // 2))
    target = PrescanTarget("http://shop.test/", sign_in=SignIn(SignInMethod.FORM, secret=SECRET))
    finished = stages.finished(target, {})
    assert [stage.words for stage in finished] == [f"{at}: •••" for at in range(MOST_STAGES)]
    assert [bool(stage.screenshot) for stage in finished][:4] == [True, True, False, False]
