"""HAR recordings: each endpoint of one host once, and nothing of the person who recorded it."""

import json

import pytest

from analyses.specifications.contract import SpecificationError
from tests.specifications.reading import body, query, read_here, requests

SECRET = "canary-of-alice"


def recording(*entries, **others) -> dict:
    return {"log": {"version": "1.2", "creator": {"name": "A browser"}, "entries": list(entries), **others}}


def entry(url: str, method: str = "GET", kind: str = "application/json", **request) -> dict:
    headers = [{"name": name, "value": value} for name, value in request.pop("headers", {}).items()]
    return {
        "request": {"method": method, "url": url, "headers": headers, **request},
        "response": {"status": 200, "content": {"mimeType": kind}},
    }


def test_a_recording():
    found = read_here(
        recording(
            entry("https://shop.test/api/pets/1"),
            entry("https://shop.test/api/pets/2?full=1"),
            entry("https://shop.test/api/pets/123e4567-e89b-42d3-a456-426614174000/photos"),
            entry("https://shop.test/api/pets", "POST", postData={"mimeType": "application/json", "text": '{"a": 1}'}),
            pages=[{"title": "The shop"}],
        )
    )
    assert (found.form, found.title, found.base_url) == ("HAR 1.2", "The shop", "https://shop.test/")
    assert [(one.method, one.path) for one in found.endpoints] == [
        ("GET", "/api/pets/{id}"), ("GET", "/api/pets/{id}/photos"), ("POST", "/api/pets"),
    ]  # fmt: skip
    asked = requests(found)
    assert asked["GET /api/pets/{id}"]["path"] == "/api/pets/2?full=1"
    assert body(asked["POST /api/pets"]) == {"a": 1}


def test_the_most_frequent_host_is_kept_and_the_others_are_counted():
    found = read_here(
        recording(
            entry("https://cdn.test/x"),
            entry("https://shop.test:8443/a"),
            entry("https://stats.test/y"),
            entry("https://shop.test:8443/b"),
            entry("https://shop.test/c"),
        )
    )
    assert found.base_url == "https://shop.test:8443/"
    assert [one.path for one in found.endpoints] == ["/a", "/b"]
    assert found.notes == (
        "3 requests to other hosts left out (https://cdn.test, https://stats.test, https://shop.test).",
    )


def test_pictures_styles_and_scripts_are_left_out():
    found = read_here(
        recording(
            entry("https://shop.test/app.js"),
            entry("https://shop.test/logo", kind="image/png"),
            entry("https://shop.test/a"),
            entry("https://shop.test/upload.png", "PUT"),
        )
    )
    assert [one.path for one in found.endpoints] == ["/a", "/upload.png"]
    assert found.notes == ("2 requests for pictures, styles and scripts left out.",)


def test_preflights_and_web_sockets_are_left_out():
    preflight = entry("https://shop.test/a", "OPTIONS", headers={"Access-Control-Request-Method": "PUT"})
    found = read_here(recording(preflight, entry("wss://shop.test/live"), entry("https://shop.test/a", "PUT")))
    assert [(one.method, one.path) for one in found.endpoints] == [("PUT", "/a")]


def test_nothing_of_who_recorded_it_is_kept():
    headers = {
        "Cookie": SECRET, "Authorization": SECRET, ":authority": "shop.test", "X-CSRF-Token": SECRET,
        "X-Auth": SECRET, "Referer": f"https://shop.test/?{SECRET}", "sec-fetch-mode": "cors", "User-Agent": "Mozilla",
        "Accept": "application/json", "X-Shop": "7",
    }  # fmt: skip
    text = json.dumps({"user": "alice", "password": SECRET, "more": [{"accessToken": SECRET, "size": 3}]})
    fields = [{"name": "passwd", "value": SECRET}, {"name": "note", "value": "x"}]
    found = read_here(
        recording(
            entry(f"https://alice:{SECRET}@shop.test/a?session_id={SECRET}&page=2", headers=headers),
            entry("https://shop.test/json", "POST", postData={"mimeType": "application/json", "text": text}),
            entry(
                "https://shop.test/form",
                "POST",
                postData={"mimeType": "application/x-www-form-urlencoded", "params": fields},
            ),
            entry(
                "https://shop.test/text",
                "POST",
                postData={"mimeType": "application/x-www-form-urlencoded", "text": f"token={SECRET}&b=1"},
            ),
            entry(
                "https://shop.test/parts",
                "POST",
                postData={"mimeType": "multipart/form-data; boundary=x", "params": fields},
            ),
            cookies=[{"name": "s", "value": SECRET}],
        )
    )
    assert SECRET not in repr(found) + found.requests
    asked = requests(found)
    assert asked["GET /a"]["headers"] == [["Accept", "application/json"], ["X-Shop", "7"]]
    assert query(asked["GET /a"]) == [("session_id", "Example-Secret-1"), ("page", "2")]
    assert body(asked["POST /json"])["more"] == [{"accessToken": "Example-Secret-1", "size": 3}]
    assert asked["POST /form"]["body"] == "passwd=Example-Secret-1&note=x"
    assert asked["POST /text"]["body"] == "token=Example-Secret-1&b=1"
    assert body(asked["POST /parts"])["fields"] == [["passwd", "Example-Secret-1"], ["note", "x"]]


@pytest.mark.parametrize("entries", [[7], [{}], [{"request": []}]])
def test_an_entry_without_a_request_is_told_with_its_place(entries):
    with pytest.raises(SpecificationError, match="no request at /log/entries/1"):
        read_here(recording(entry("https://shop.test/a"), *entries))


@pytest.mark.parametrize("url", ["", 7, None, "http://[::1", "about:blank", "data:text/html,x", "http://"])
def test_odd_addresses_are_no_endpoints(url):
    with pytest.raises(SpecificationError, match="no endpoint"):
        read_here(recording(entry(url)))
