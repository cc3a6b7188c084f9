"""What Wapiti is told: nothing of a target can become an option, and nothing secret a command line."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.engines.contract import Cookie, EngineError, Target
from analyses.engines.wapiti.arguments import Plan, cookie_file, job, secrets
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import BY_DEFAULT, MODULES, chosen

URL = "http://shop.test/catalogue/index.html"
OPTION = re.compile(
    r"--(url|scope|module|level|depth|max-links-per-page|max-files-per-dir|tasks|timeout|verify-ssl|store-session"
    r"|store-config|format|output|verbose|endpoint|dns-endpoint|user-agent|cookie|start|exclude|header)=.*"
)
NASTY = st.text(alphabet=st.sampled_from("-=/:?*&;| \t\r\n\0'\"<>$`\\éx"), min_size=1)


@pytest.fixture
def told(tmp_path):
    """What the launcher is told of a target."""

    def tell(target: Target) -> dict:
        line = job(target, Plan(BY_DEFAULT), Folder(tmp_path))
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
    ):
        try:
            words = json.loads(job(target, Plan(BY_DEFAULT), folder))["arguments"]
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
    ("scope", "base", "starts", "name"),
    [
        ("page", "http://shop.test/a/b?c=1", [], "page"),
        ("folder", "http://shop.test/a/", ["http://shop.test/a/b?c=1"], "folder"),
        ("domain", "http://shop.test/", ["http://shop.test/a/b?c=1"], "folder"),
    ],
)
def test_a_scope_never_leaves_its_origin(told, scope, base, starts, name):
    asked = told(Target(url="http://shop.test/a/b?c=1#top", scope=scope))
    assert values(asked, "url") == [base]
    assert values(asked, "start") == starts
    assert values(asked, "scope") == [name]
    assert (asked["host"], asked["port"]) == ("shop.test", 80)


@pytest.mark.parametrize("scope", ["punk", "subdomain", "url", "folder --help"])
def test_only_known_scopes(told, scope):
    with pytest.raises(EngineError):
        told(Target(url=URL, scope=scope))


def test_start_addresses_outside_of_the_scope_are_left_out(told):
    further = ("http://shop.test/catalogue/a", "http://shop.test/admin/", "http://other.test/catalogue/", "b?c=d")
    asked = told(Target(url="http://shop.test/catalogue/", start_urls=further))
    assert values(asked, "start") == ["http://shop.test/catalogue/a", "http://shop.test/catalogue/b?c=d"]


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
    assert values(told(target), "header") == ["X-Shop: yes"]


def test_secrets_are_known_whole_and_in_parts():
    target = Target(
        url=URL,
        headers=(("Authorization", "Bearer the-token-itself"), ("Cookie", "session=the-session")),
        cookies=(Cookie("other", "another-value", "shop.test"),),
    )
    assert {"Bearer the-token-itself", "the-token-itself", "the-session", "another-value"} <= set(secrets(target))
    assert "the-token-itself" not in repr(target)
    assert "another-value" not in repr(target)
