"""Coverage: what the pages of a scan say about each endpoint."""

import time

from analyses.engines.contract import CrawledPage
from analyses.specifications.contract import Endpoint
from analyses.specifications.coverage import Covered, coverage

BASE = "https://shop.test/api/v1"


def covered(
    *pages: tuple[str, str, int | None], endpoints: tuple[str, ...], excluded=(), base=BASE
) -> dict[str, Covered]:
    known = [Endpoint(*endpoint.split(" ", 1)) for endpoint in endpoints]
    found = coverage(base, known, excluded, [CrawledPage(*page) for page in pages])
    assert [one.endpoint for one in found] == known
    return dict(zip(endpoints, found, strict=True))


def test_pages_count_for_the_endpoint_they_belong_to():
    found = covered(
        ("GET", f"{BASE}/pets?limit=1", 200),
        ("GET", f"{BASE}/pets?limit=2", 500),
        ("GET", f"{BASE}/pets?limit=3", 404),
        ("POST", f"{BASE}/pets", 201),
        ("GET", f"{BASE}/pets/7", None),
        endpoints=("GET /pets", "POST /pets", "GET /pets/{petId}", "DELETE /pets/{petId}"),
    )
    assert (found["GET /pets"].requests, found["GET /pets"].last, found["GET /pets"].worst) == (3, 404, 500)
    assert (found["POST /pets"].requests, found["POST /pets"].last) == (1, 201)
    asked_for = found["GET /pets/{petId}"]
    assert (asked_for.requested, asked_for.last, asked_for.worst) == (True, None, None)
    assert not found["DELETE /pets/{petId}"].requested


def test_what_was_left_out_is_said():
    found = covered(endpoints=("GET /a", "DELETE /a"), excluded=["DELETE /a"])
    assert [one.excluded for one in found.values()] == [False, True]


def test_a_page_counts_for_the_template_that_says_the_most_about_it():
    found = covered(
        ("GET", f"{BASE}/pets/mine", 200), ("GET", f"{BASE}/pets/7.json", 200), ("GET", f"{BASE}/pets/7", 200),
        endpoints=("GET /pets/{id}", "GET /pets/{id}.json", "GET /pets/mine", "GET /{any}/{thing}"),
    )  # fmt: skip
    assert [one.requests for one in found.values()] == [1, 1, 1, 0]


def test_spellings_do_not_matter():
    found = covered(
        ("GET", "https://shop.test/api/v1/a%20b/", 200), ("GET", "https://shop.test/api/v1/%E4%BD%A0", 200),
        endpoints=("GET /a b", "GET /{x}"), base=f"{BASE}/",
    )  # fmt: skip
    assert [one.requests for one in found.values()] == [1, 1]


def test_pages_elsewhere_count_for_nothing():
    pages = [("GET", "https://shop.test/api/v2/a", 200), ("GET", "https://shop.test/a", 200), ("PUT", f"{BASE}/a", 200)]
    assert not any(one.requested for one in covered(*pages, endpoints=("GET /a",)).values())


def test_an_endpoint_at_the_base_url_itself():
    assert covered(("GET", BASE, 200), ("GET", f"{BASE}/", 200), endpoints=("GET /",))["GET /"].requests == 2


def test_a_template_is_no_pattern_of_its_own():
    found = covered(("GET", f"{BASE}/aXb", 200), ("GET", f"{BASE}/(((((", 200), endpoints=("GET /a.b", "GET /({x}((("))
    assert [one.requests for one in found.values()] == [0, 1]


def test_thousands_of_endpoints_and_pages_take_no_time():
    endpoints = tuple(f"GET /a/{{x}}/b{number}/{{y}}{{z}}{{w}}{{v}}{{u}}" for number in range(2_000))
    pages = [("GET", f"{BASE}/a/{number}/b{number}/{'1' * 200}", 200) for number in range(2_000)]
    begun = time.monotonic()
    assert all(one.requests == 1 for one in covered(*pages, endpoints=endpoints).values())
    assert time.monotonic() - begun < 5
