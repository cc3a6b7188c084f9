"""An API's endpoints are asked for before it is scanned: are they where its specification and base URL say?"""

import json

import pytest

from analyses import specifications
from analyses.prescan.contract import PrescanTarget, Session, SignIn, SignInMethod
from analyses.prescan.lookout import Lookout
from analyses.prescan.specification import MOST_ENDPOINTS, MOST_OPTIONS
from analyses.specifications.requests import requests_at
from analyses.statuses import ScanStatus
from tests.prescan.conftest import LOOPBACK, STEPS, assert_failed_at, outcomes, prescan_of
from tests.targets.pet_api import BASE, JSON, PetApi, specification
from tests.targets.serving import Answer, Asked, redirect, serve

FAILED, SIGN_IN = ScanStatus.VERIFICATION_FAILED, ScanStatus.AUTHENTICATION_ERROR
BEARER = SignIn(SignInMethod.HEADER, secret="Bearer right-token")


def api_at(base: str, document: dict) -> dict:
    """What a prescan is given of an API."""
    read = specifications.read(json.dumps(document).encode(), "api.json")
    return {"url": base, "requests": requests_at(base, read.requests)}


def pets(site) -> dict:
    return api_at(f"{site.url}{BASE[1:]}", specification(site.url))


def endpoints(**methods: str) -> dict:
    paths = {f"/{name}": {method: {}} for name, method in methods.items()}
    return {"openapi": "3.1.0", "paths": paths}


def seen(result) -> str:
    return result.steps[STEPS.index("Specification")].cause


def test_a_url_has_no_specification():
    with serve(lambda _: Answer("Shop")) as site:
        result = prescan_of(site.url)
    assert outcomes(result)["Specification"] == "skipped"


def test_an_api_passes_although_its_root_is_nothing():
    with serve(PetApi()) as site:
        result = prescan_of(**pets(site))
        asked = [(asked.method, asked.path.removeprefix(BASE)) for asked in site.asked]
    assert result.failure is None, result.cause
    assert "400 Bad Request; an API need not have a page there" in result.steps[STEPS.index("HTTP")].cause
    assert seen(result) == "3 of 3 endpoints asked answered"
    assert sorted(asked) == [("GET", ""), ("GET", "/pets"), ("GET", "/pets/1"), ("GET", "/search")]


def test_nothing_that_changes_something_is_asked_for():
    with serve(PetApi()) as site:
        prescan_of(**pets(site))
        assert {asked.method for asked in site.asked} == {"GET"}


def test_endpoints_are_asked_with_the_session_the_extra_headers_and_their_own():
    with serve(PetApi("right-token")) as site:
        result = prescan_of(**pets(site), sign_in=BEARER, headers=(("X-Extra", "yes"),))
        of_endpoints = [asked for asked in site.asked if "x-api-version" in asked.headers]
    assert result.failure is None, result.cause
    assert len(of_endpoints) == 3
    assert {asked.headers["authorization"] for asked in of_endpoints} == {"Bearer right-token"}
    assert {asked.headers["x-extra"] for asked in of_endpoints} == {"yes"}


def test_a_header_of_the_scan_goes_before_the_same_one_of_the_specification():
    with serve(lambda _: Answer("{}", headers=JSON)) as site:
        prescan_of(**pets(site), headers=(("X-Api-Version", "3"),))
        assert {asked.headers.get("x-api-version") for asked in site.asked} == {"3"}


def test_an_api_that_wants_a_sign_in_says_so():
    with serve(PetApi("right-token")) as site:
        result = prescan_of(**pets(site))
    assert_failed_at(result, "Specification", SIGN_IN)
    assert "GET /pets: 401 Unauthorized" in result.cause
    assert result.advice == "Configure how to sign in to the API."


def test_a_wrong_token_is_refused():
    with serve(PetApi("right-token")) as site:
        result = prescan_of(**pets(site), sign_in=SignIn(SignInMethod.HEADER, secret="Bearer wrong"))
    assert_failed_at(result, "Sign-in", SIGN_IN)


def test_a_wrong_base_url_fails():
    with serve(PetApi()) as site:
        result = prescan_of(**api_at(f"{site.url}v2", specification(site.url)))
    assert_failed_at(result, "Specification", FAILED)
    assert result.cause.startswith("None of 3 endpoints asked answered usefully: GET /pets: 404 Not Found; ")
    assert "Check the base URL" in result.advice


@pytest.mark.parametrize(
    ("answer", "status", "advice"),
    [
        (Answer("{}", 404), FAILED, "base URL"),
        (Answer("{}", 500), FAILED, "own log"),
        (Answer("{}", 429), FAILED, "Exempt"),
        (Answer("{}", 403), SIGN_IN, "sign in"),
    ],
)
def test_an_api_none_of_whose_endpoints_answers_fails(answer, status, advice):
    def api(asked: Asked) -> Answer:
        return Answer("{}") if asked.path == "/" else answer

    with serve(api) as site:
        result = prescan_of(**api_at(site.url, endpoints(a="get", b="get")))
    assert_failed_at(result, "Specification", status)
    assert advice in result.advice


@pytest.mark.parametrize(
    "answer", [Answer("{}"), Answer("{}", 400), Answer("{}", 405), Answer("", 422), redirect("/x")]
)
def test_what_an_endpoint_thinks_of_the_sample_does_not_matter(answer):
    with serve(lambda _: answer) as site:
        result = prescan_of(**api_at(site.url, endpoints(a="get")))
        assert not any(asked.path == "/x" for asked in site.asked)
    assert result.failure is None
    assert seen(result) == "1 of 1 endpoints asked answered"


def test_those_that_did_not_answer_are_named():
    gone = {f"/gone{number}" for number in range(5)}
    with serve(lambda asked: Answer("{}", 404 if asked.path in gone else 200)) as site:
        names = {path.strip("/"): "get" for path in (*sorted(gone), "/here")}
        result = prescan_of(**api_at(site.url, endpoints(**names)))
    assert result.failure is None
    assert seen(result) == (
        "1 of 6 endpoints asked answered; GET /gone0: 404 Not Found; GET /gone1: 404 Not Found; "
        "GET /gone2: 404 Not Found; and 2 more"
    )


def test_of_many_endpoints_some_are_asked_evenly():
    with serve(lambda _: Answer("{}")) as site:
        result = prescan_of(**api_at(site.url, endpoints(**{f"a{number}": "get" for number in range(200)})))
        asked = [asked.path for asked in site.asked if asked.path != "/"]
    assert len(asked) == MOST_ENDPOINTS
    assert asked[0] == "/a0"
    assert asked[-1] == "/a190"
    assert seen(result) == "20 of 20 endpoints asked answered"


def test_where_nothing_only_reads_the_options_are_asked():
    with serve(lambda asked: Answer("{}", 204 if asked.method == "OPTIONS" else 200)) as site:
        result = prescan_of(**api_at(site.url, endpoints(**{f"a{number}": "post" for number in range(9)})))
        asked = [asked.method for asked in site.asked if asked.path != "/"]
    assert result.failure is None
    assert asked == ["OPTIONS"] * MOST_OPTIONS


def test_an_api_that_answers_no_more_is_not_asked_on_and_on():
    def api(asked: Asked) -> Answer:
        if asked.path != "/":
            raise ConnectionResetError
        return Answer("{}")

    with serve(api) as site:
        result = prescan_of(**api_at(site.url, endpoints(**{f"a{number}": "get" for number in range(20)})))
        assert len(site.asked) == 4
    assert_failed_at(result, "Specification", FAILED)
    assert "closed the connection" in result.cause


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_api_that_is_down_fails_as_any_site_does(status):
    with serve(lambda _: Answer("{}", status)) as site:
        result = prescan_of(**api_at(site.url, endpoints(a="get")))
    assert_failed_at(result, "HTTP", ScanStatus.CONNECTION_ERROR)


def test_the_lookout_takes_no_missing_root_for_a_lost_sign_in():
    """Neither a root that is nothing, nor a sample that is refused for what it is, says that the session was lost."""
    api = PetApi("right-token")
    with serve(api) as site:
        session = Session(headers=(("Authorization", "Bearer right-token"),))
        target = PrescanTarget(**pets(site), sign_in=BEARER, allowed=LOOPBACK)
        lookout = Lookout(target, session, every=60, failures=2, sign_ins=2)
        lookout.look()
        assert not lookout.seen.signed_out
        assert lookout.seen.renewals == 0
        api.token = "another"
        lookout.look()
        assert lookout.seen.signed_out
