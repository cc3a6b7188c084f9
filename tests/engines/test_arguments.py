"""What Wapiti is told: nothing of a target can become an option, and nothing secret a command line."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.engines.contract import ApiRequest, Cookie, EngineError, Place, Speed, Target
from analyses.engines.wapiti.arguments import Plan, cookie_file, job, secrets, spots
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import BY_DEFAULT, MODULES, chosen

URL = "http://shop.test/catalogue/index.html"
OPTION = re.compile(
    r"--(url|scope|module|level|depth|max-links-per-page|max-files-per-dir|tasks|timeout|verify-ssl|store-session"
    r"|store-config|format|output|verbose|endpoint|dns-endpoint|user-agent|cookie|start|exclude)=.*"
)
NASTY = st.text(alphabet=st.sampled_from("-=/:?*&;| \t\r\n\0'\"<>$`\\éx"), min_size=1)


@pytest.fixture
def told(tmp_path):
    """What the launcher is told of a target."""

    def tell(target: Target) -> dict:
        line = job(target, Plan(BY_DEFAULT), Folder(tmp_path), (8080, "secret"))
        assert line.count(b"\n") == 1
        return json.loads(line)

    return tell


def values(told: dict, option: str) -> list[str]:
    return [word.split("=", 1)[1] for word in told["arguments"] if word.startswith(f"--{option}=")]


@given(text=NASTY, other=NASTY)
def test_no_text_of_a_target_becomes_an_option(tmp_path_factory, text, other):
    folder = Folder(tmp_path_factory.getbasetemp())
    for target in (
        Target(url=URL, excluded=(text, f"--flush-session{other}")),
        Target(url=URL, user_agent=text),
        Target(url=URL, headers=((text, other),)),
        Target(url=URL, headers=(("X-Shop", other),)),
        Target(url=f"http://shop.test/{text}"),
        Target(url=URL, start_urls=(f"http://shop.test/catalogue/{text}",)),
        Target(url=URL, places=(Place(f"http://cdn.test/{text}"), Place(URL.replace("http", "https"), scope="page"))),
    ):
        try:
            words = json.loads(job(target, Plan(BY_DEFAULT), folder, (8080, "secret")))["arguments"]
        except EngineError:
            continue
        switches = [word for word in words if not OPTION.fullmatch(word)]
        assert switches == ["--no-bugreport"]
        assert not any(control in word for word in words for control in "\r\n\0")


@pytest.mark.parametrize(
    "url",
    [
        "--help",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://shop.test:0/",
        "http://shop.test:99999/",
        "http://user:password@shop.test/",
        "http://shop.test/ --flush-session",
        "http://shop.test/\n--flush-session",
        "http://[::1/",
        "",
    ],
)
def test_what_is_no_address_is_refused(told, url):
    with pytest.raises(EngineError):
        told(Target(url=url))


def test_it_never_calls_home(told):
    asked = told(Target(url=URL))
    assert "--no-bugreport" in asked["arguments"]
    assert values(asked, "endpoint") == ["http://127.0.0.1:9/"]
    assert values(asked, "dns-endpoint") == ["localhost"]
    assert values(asked, "verify-ssl") == ["1"]


@pytest.mark.parametrize(
    ("scope", "base", "starts", "name", "further"),
    [
        ("page", "http://shop.test/a/b?c=1", [], "page", []),
        (
            "directory",
            "http://shop.test/a/",
            ["http://shop.test/a/b?c=1"],
            "page",
            [["http://shop.test/a/", "directory"]],
        ),
        ("folder", "http://shop.test/a/", ["http://shop.test/a/b?c=1"], "folder", []),
        ("domain", "http://shop.test/", ["http://shop.test/a/b?c=1"], "folder", []),
    ],
)
def test_a_scope_never_leaves_its_origin(told, scope, base, starts, name, further):
    asked = told(Target(url="http://shop.test/a/b?c=1#top", scope=scope))
    assert values(asked, "url") == [base]
    assert values(asked, "start") == starts
    assert values(asked, "scope") == [name]
    assert asked["way_out"] == [8080, "secret"]
    assert asked["further"] == further


@pytest.mark.parametrize("scope", ["punk", "subdomain", "url", "folder --help"])
def test_only_known_scopes(told, scope):
    with pytest.raises(EngineError):
        told(Target(url=URL, scope=scope))


def test_start_addresses_outside_of_the_scope_are_left_out(told):
    further = ("http://shop.test/catalogue/a", "http://shop.test/admin/", "http://other.test/catalogue/", "b?c=d")
    asked = told(Target(url="http://shop.test/catalogue/", start_urls=further))
    assert values(asked, "start") == ["http://shop.test/catalogue/a", "http://shop.test/catalogue/b?c=d"]


def test_start_addresses_in_a_subdirectory_are_left_out_where_the_directory_alone_is_scanned(told):
    visited = (
        "http://shop.test/catalogue/a?back=/b/",
        "http://shop.test/catalogue/b/",
        "http://shop.test/catalogue/b/c",
    )
    asked = told(Target(url="http://shop.test/catalogue/", scope="directory", start_urls=visited))
    assert values(asked, "start") == ["http://shop.test/catalogue/a?back=/b/"]


CDN, TWIN = Place("http://cdn.test/", ("192.0.2.7",)), Place("https://shop.test/catalogue/")


def test_places_are_begun_with_and_connected_to(told):
    target = Target(url="http://shop.test/catalogue/", addresses=("192.0.2.1", "192.0.2.2"), places=(TWIN, CDN))
    asked = told(target)
    assert values(asked, "url") == ["http://shop.test/catalogue/"]
    assert values(asked, "start") == ["https://shop.test/catalogue/", "http://cdn.test/"]
    assert asked["further"] == [["https://shop.test/catalogue/", "folder"], ["http://cdn.test/", "folder"]]
    assert [(address.spot, known) for address, known in spots(target)] == [
        ("shop.test", ("192.0.2.1", "192.0.2.2")),
        ("shop.test", ()),
        ("cdn.test", ("192.0.2.7",)),
    ]


@pytest.mark.parametrize(
    ("url", "scope", "reach"),
    [
        ("https://shop.test/a/b?c=1", "page", ["https://shop.test/a/b", "page"]),
        ("https://shop.test/a/b?c=1", "directory", ["https://shop.test/a/", "directory"]),
        ("https://shop.test/a/b?c=1", "folder", ["https://shop.test/a/", "folder"]),
        ("https://shop.test/a/b?c=1", "domain", ["https://shop.test/", "folder"]),
    ],
)
def test_a_twin_is_scanned_as_far_as_its_target(told, url, scope, reach):
    asked = told(Target(url=url.replace("https", "http"), scope=scope, places=(Place(url, scope=scope),)))
    assert asked["further"][-1:] == [reach]
    assert url in values(asked, "start")


def test_start_addresses_at_a_place_are_begun_with_too(told):
    further = ("http://cdn.test/a", "http://cdn.test:81/a", "https://shop.test/catalogue/a", "https://shop.test/admin/")
    asked = told(Target(url="http://shop.test/catalogue/", start_urls=further, places=(TWIN, CDN)))
    assert values(asked, "start")[2:] == ["http://cdn.test/a", "https://shop.test/catalogue/a"]


@pytest.mark.parametrize("excluded", ["http://shop.test/catalogue/out", "https://shop.test/catalogue/out", "out"])
def test_what_is_excluded_is_excluded_at_the_twin_too(told, excluded):
    patterns = values(told(Target(url=URL, excluded=(excluded,), places=(TWIN, CDN))), "exclude")
    assert sorted(patterns) == [
        "http://shop.test/catalogue/out",
        "http://shop.test/catalogue/out?*",
        "https://shop.test/catalogue/out",
        "https://shop.test/catalogue/out?*",
    ]


def test_a_place_has_exclusions_of_its_own(told):
    asked = told(Target(url=URL, excluded=("http://cdn.test/old/",), places=(TWIN, CDN)))
    assert values(asked, "exclude") == ["http://cdn.test/old/*"]


@pytest.mark.parametrize(
    ("speed", "tasks", "apart"), [(Speed.SLOW, "1", 0.2), (Speed.NORMAL, "8", 0.0), (Speed.FAST, "16", 0.0)]
)
def test_a_speed_is_how_many_requests_at_once_and_how_far_apart(told, speed, tasks, apart):
    asked = told(Target(url=URL, speed=speed))
    assert values(asked, "tasks") == [tasks]
    assert asked["sending"]["seconds_apart"] == apart


def test_headers_and_the_certificate_are_no_options(told):
    """Wapiti would send them to every host: the launcher is told of them, and for which origin they are."""
    target = Target(
        url="https://shop.test:8443/", headers=(("X-Shop", "a-long-value"),), client_certificate="a-private-key"
    )
    asked = told(target)
    assert asked["sending"]["origin"] == ["https", "shop.test", 8443]
    assert asked["sending"]["headers"] == [["X-Shop", "a-long-value"]]
    assert asked["sending"]["certificate"] == "a-private-key"
    assert not any("a-long-value" in word or "a-private-key" in word for word in asked["arguments"])
    assert "a-private-key" not in repr(target)


def test_a_cookie_header_of_an_https_target_does_not_go_to_its_http_twin():
    target = Target(url="https://shop.test/", headers=(("Cookie", "a=1"),))
    assert cookie_file(target)[".shop.test"]["/"]["a"]["secure"] is True


@pytest.mark.parametrize(
    ("excluded", "patterns"),
    [
        ("http://shop.test/admin/", ["http://shop.test/admin/*"]),
        ("/logout", ["http://shop.test/logout", "http://shop.test/logout?*"]),
        ("http://shop.test/?do=out", ["http://shop.test/?do=out", "http://shop.test/?do=out&*"]),
        ("--flush-session", ["http://shop.test/--flush-session", "http://shop.test/--flush-session?*"]),
    ],
)
def test_excluded_addresses_become_patterns(told, excluded, patterns):
    assert values(told(Target(url="http://shop.test/", excluded=(excluded,))), "exclude") == patterns


def test_modules_come_from_a_fixed_list():
    assert chosen(()) == BY_DEFAULT
    assert chosen(("permanentxss",)) == ("xss", "permanentxss")
    for outside in ("wapp", "cms", "ssrf", "xxe", "log4shell", "all", "common", "-sql", "sql,wapp", ""):
        assert outside not in MODULES
        with pytest.raises(EngineError):
            chosen((outside,))


@pytest.mark.parametrize("value", ["a\r\nHost: other.test", "a\nb", "a\0b", "a\x7f"])
def test_a_secret_that_is_refused_is_not_repeated(told, value):
    with pytest.raises(EngineError) as refused:
        told(Target(url=URL, headers=(("X-Key", f"very-secret{value}"),)))
    assert "very-secret" not in str(refused.value)


def test_the_user_agent_says_who_it_is(told):
    assert "Vedette" in values(told(Target(url=URL)), "user-agent")[0]
    assert values(told(Target(url=URL, user_agent="Shop monitor 1")), "user-agent") == ["Shop monitor 1"]


@pytest.mark.parametrize(
    ("url", "domain", "known_as"),
    [
        ("http://127.0.0.1:81/", "127.0.0.1", "127.0.0.1"),
        ("http://localhost:81/", "localhost.local", ".localhost.local"),
        ("http://shop.test/", ".shop.test", ".shop.test"),
        ("http://www.shop.test/", "shop.test", ".shop.test"),
        ("http://[::1]:81/", "[::1]", "[::1].local"),
        ("http://shop.test/", "", ".shop.test"),
    ],
)
def test_cookies_are_written_under_the_name_wapiti_looks_for(url, domain, known_as):
    written = cookie_file(Target(url=url, cookies=(Cookie("session", "abc", domain, "/shop", secure=True),)))
    assert written[known_as]["/shop"]["session"]["value"] == "abc"
    assert written[known_as]["/shop"]["session"]["secure"] is True


def test_cookies_of_other_hosts_are_not_handed_over():
    written = cookie_file(Target(url=URL, cookies=(Cookie("session", "abc", "other.test"),)))
    assert written == {".shop.test": {}}


def test_a_cookie_header_becomes_cookies(told):
    target = Target(url=URL, headers=(("Cookie", "a=1; b=2=3"), ("X-Shop", "yes")))
    kept = cookie_file(target)[".shop.test"]["/"]
    assert {name: cookie["value"] for name, cookie in kept.items()} == {"a": "1", "b": "2=3"}
    assert told(target)["sending"]["headers"] == [["X-Shop", "yes"]]


def test_secrets_are_known_whole_and_in_parts():
    target = Target(
        url=URL,
        headers=(("Authorization", "Bearer the-token-itself"), ("Cookie", "session=the-session")),
        cookies=(Cookie("other", "another-value", "shop.test"),),
    )
    assert {"Bearer the-token-itself", "the-token-itself", "the-session", "another-value"} <= set(secrets(target))
    assert "the-token-itself" not in repr(target)
    assert "another-value" not in repr(target)


# --- The requests of an API -----------------------------------------------------------------------------------------

API = "http://shop.test/api/v1"


def api(*requests: ApiRequest, url: str = API, **others) -> Target:
    return Target(url=url, requests=requests, **others)


def request(url: str = f"{API}/pets", method: str = "GET", **others) -> ApiRequest:
    return ApiRequest("GET /pets", method, url, **others)


@pytest.mark.parametrize("url", [API, f"{API}/"])
def test_the_base_url_of_an_api_is_its_folder(told, url):
    asked = told(api(request(), url=url))
    assert values(asked, "url") == [f"{API}/"]
    assert values(asked, "scope") == ["folder"]
    assert [one["url"] for one in asked["requests"]] == [f"{API}/pets"]


def test_a_target_without_requests_is_told_none(told):
    assert told(Target(url=URL))["requests"] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.test/api/v2/pets",
        "http://shop.test/api/v1x",
        "https://shop.test/api/v1/pets",
        "http://shop.test:81/api/v1/pets",
        "http://other.test/api/v1/pets",
        "http://shop.test@other.test/api/v1/pets",
        f"{API}/../admin",
        f"{API}/a/..",
        f"{API}/%2e%2E/admin",
        f"{API}/.%2e/admin",
        f"{API}/a\\b",
        f"{API}/a%5C..%5Cb",
        f"{API}/a b",
        f"{API}/a\r\nX: y",
        f"{API}/a#b",
        f"{API}/ä",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_request_that_leads_out_of_the_base_url_is_refused(told, url):
    with pytest.raises(EngineError):
        told(api(request(), request(url)))


@pytest.mark.parametrize(
    "bad",
    [
        request(method="TRACE"),
        request(method="GET /\r\n"),
        request(headers=(("X-Shop\r\nX", "1"),)),
        request(headers=(("X-Shop", "1\r\nX: 2"),)),
        request(method="POST", body="{}", content_type="application/json\r\nX: 1"),
        request(method="POST", body="no parts", content_type="multipart/form-data"),
        request(method="POST", body='{"fields": [[1]], "files": []}', content_type="multipart/form-data"),
    ],
)
def test_what_is_no_request_is_refused(told, bad):
    with pytest.raises(EngineError):
        told(api(bad))


def test_what_deletes_comes_last(told):
    methods = [one["method"] for one in told(api(*(request(method=m) for m in ("DELETE", "PUT", "GET"))))["requests"]]
    assert methods == ["GET", "PUT", "DELETE"]


def test_an_api_is_not_looked_at_for_forms_without_a_token():
    assert set(chosen(())) - set(chosen((), api=True)) == {"csrf"}
