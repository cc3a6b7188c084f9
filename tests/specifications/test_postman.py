"""Postman collections: every request in every folder, its variables filled in from the collection's own."""

import json

import pytest

from analyses.specifications.contract import SpecificationError
from tests.specifications.reading import body, query, read_here, requests


def collection(*items, version: str = "2.1.0", variables: dict[str, object] | None = None, **others) -> dict:
    schema = f"https://schema.getpostman.com/json/collection/v{version}/collection.json"
    variable = [{"key": key, "value": value} for key, value in (variables or {}).items()]
    return {"info": {"name": "Shop", "schema": schema}, "item": list(items), "variable": variable, **others}


def item(url, method: str = "GET", **others) -> dict:
    return {"name": "An item", "request": {"method": method, "url": url, **others}}


def only(*items, **others) -> dict:
    [found] = requests(read_here(collection(*items, **others))).values()
    return found


def test_a_collection_with_folders():
    found = read_here(
        collection(
            {"name": "Folder", "item": [{"name": "Inner", "item": [item("{{base}}/pets?limit=5")]}]},
            item({"raw": "{{base}}/pets/:petId", "variable": [{"key": "petId", "value": "7"}]}, "DELETE"),
            item({"raw": "{{base}}/pets/{{pet}}/photo"}, "PUT"),
            "http://stray.test/",
            variables={"base": "{{scheme}}://shop.test/v1", "scheme": "https", "pet": 9},
        )
    )
    assert (found.form, found.title, found.base_url) == ("Postman 2.1", "Shop", "https://shop.test/")
    assert [(one.method, one.path) for one in found.endpoints] == [
        ("GET", "/v1/pets"), ("DELETE", "/v1/pets/{petId}"), ("PUT", "/v1/pets/{pet}/photo"),
    ]  # fmt: skip
    assert [entry["path"] for entry in requests(found).values()] == [
        "/v1/pets?limit=5", "/v1/pets/7", "/v1/pets/9/photo",
    ]  # fmt: skip
    assert found.endpoints[0].summary == "An item"


def test_version_2_0_and_requests_that_are_only_an_address():
    found = read_here(collection({"request": "http://shop.test:8080/a"}, version="2.0.0"))
    assert (found.form, found.base_url) == ("Postman 2.0", "http://shop.test:8080/")


def test_an_address_in_parts():
    parts = {"protocol": "https", "host": ["api", "shop", "test"], "port": "8443", "path": ["v1", ":id", "x"]}
    found = read_here(collection(item({**parts, "query": [{"key": "a", "value": "1"}]})))
    assert found.base_url == "https://api.shop.test:8443/"
    assert requests(found)["GET /v1/{id}/x"]["path"] == "/v1/1/x?a=1"


def test_what_has_no_value_gets_a_plain_one():
    found = read_here(collection(item("{{unknown}}/pets/{{petId}}?trace={{$guid}}&page={{page}}")))
    assert found.base_url == ""
    entry = requests(found)["GET /pets/{petId}"]
    assert entry["path"] == "/pets/1?trace=123e4567-e89b-42d3-a456-426614174000&page=1"


def test_a_host_that_is_only_partly_known_is_none():
    assert read_here(collection(item("https://{{tenant}}.shop.test/a"))).base_url == ""


def test_variables_that_hold_themselves_end():
    entry = only(item("http://shop.test/a?x={{a}}"), variables={"a": "{{b}}{{b}}", "b": "{{a}}{{a}}"})
    assert len(entry["path"]) < 200
    assert "{" not in entry["path"]


def test_what_is_switched_off_is_not_sent():
    url = {"raw": "http://shop.test/a", "query": [{"key": "on", "value": "1"}, {"key": "off", "disabled": True}]}
    headers = [{"key": "X-On", "value": "{{v}}"}, {"key": "X-Off", "value": "1", "disabled": True}]
    entry = only(item(url, header=headers), variables={"v": "yes"})
    assert query(entry) == [("on", "1")]
    assert entry["headers"] == [["X-On", "yes"]]


def test_headers_of_the_sender_and_the_connection_are_dropped():
    names = ["Authorization", "Cookie", "Host", "Content-Length", "User-Agent", "sec-ch-ua", "Connection", "Bad Name"]
    headers = [{"key": name, "value": "x"} for name in (*names, "X-Api-Key", "Accept")]
    entry = only(item("http://shop.test/a", header=headers, auth={"type": "basic"}))
    assert entry["headers"] == [["X-Api-Key", "x"], ["Accept", "x"]]


@pytest.mark.parametrize(
    ("given", "written", "kind"),
    [
        ({"mode": "raw", "raw": '{"a": "{{v}}"}'}, '{"a": "yes"}', "application/json"),
        ({"mode": "raw", "raw": '{"a": {{v}} }', "options": {"raw": {"language": "json"}}}, '{"a": yes }',
         "application/json"),
        ({"mode": "raw", "raw": "<a/>"}, "<a/>", "application/xml"),
        ({"mode": "urlencoded", "urlencoded": [{"key": "a b", "value": "{{v}}"}, {"key": "c", "disabled": True}]},
         "a%20b=yes", "application/x-www-form-urlencoded"),
        ({"mode": "formdata", "formdata": [{"key": "a", "value": "1"}, {"key": "f", "type": "file", "src": "/etc/x"}]},
         json.dumps({"fields": [["a", "1"]], "files": [["f", "example.txt", "An example.", "text/plain"]]}),
         "multipart/form-data"),
        ({"mode": "graphql", "graphql": {"query": "{a}", "variables": ""}}, '{"query": "{a}", "variables": ""}',
         "application/json"),
        ({"mode": "file", "file": {"src": "/etc/passwd"}}, "", ""),
        ({"mode": "raw", "raw": "{}", "disabled": True}, "", ""),
        (7, "", ""),
    ],
)  # fmt: skip
def test_bodies(given, written, kind):
    headers = [{"key": "Content-Type", "value": "application/xml"}]
    entry = only(item("http://shop.test/a", "POST", header=headers, body=given), variables={"v": "yes"})
    assert (entry["body"], entry["content_type"]) == (written, kind)


def test_of_several_requests_for_one_endpoint_the_fullest_is_kept():
    entry = only(item("http://shop.test/a?x=1"), item("http://shop.test/a?x=1&y=2"), item("http://shop.test/a"))
    assert query(entry) == [("x", "1"), ("y", "2")]


def test_other_hosts_are_left_out_and_counted():
    found = read_here(collection(item("http://a.test/1"), item("http://b.test/2"), item("http://a.test/3")))
    assert [one.path for one in found.endpoints] == ["/1", "/3"]
    assert found.notes == ("1 request to other hosts left out (http://b.test).",)


def test_odd_methods_are_no_endpoints():
    with pytest.raises(SpecificationError, match="no endpoint"):
        read_here(collection(item("http://shop.test/a", "PURGE")))


@pytest.mark.parametrize(
    "url", ["", None, 7, {}, {"raw": 7}, {"host": 7, "path": {}}, "ftp://shop.test/a", "http://[::1"]
)
def test_odd_addresses_break_nothing(url):
    found = read_here(collection(item(url), item("http://shop.test/a"), item("http://shop.test/b")))
    assert found.base_url == "http://shop.test/"


def test_an_old_collection_is_told():
    with pytest.raises(SpecificationError, match=r"Postman collections 2\.0 and 2\.1"):
        read_here(collection(item("http://shop.test/a"), version="1.0.0"))


def test_a_graphql_body_is_data():
    given = {"mode": "graphql", "graphql": {"query": "query { a }"}}
    assert body(only(item("http://shop.test/graphql", "POST", body=given))) == {"query": "query { a }"}
