"""Nothing that anybody types becomes an option of the engine: Wapiti's own parser reads back exactly what was typed."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import assume, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from analyses.engines.contract import ApiRequest, EngineError, Place, Target
from analyses.engines.wapiti.arguments import Plan, job
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.modules import BY_DEFAULT
from analyses.forms.text import printable_ascii

pytestmark = pytest.mark.engine
URL = "http://shop.test/shop/"
WAY_OUT = (9, "shown-to-the-proxy")
# Reads the words of each line as Wapiti reads its command line, and tells what it understood.
PARSER = """
import contextlib, io, json, sys
from wapitiCore.parsers.commandline import parse_args
for line in sys.stdin:
    sys.argv = ["wapiti", *json.loads(line)]
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            understood = vars(parse_args())
    except SystemExit as end:
        understood = {"refused": str(end.code)}
    print(json.dumps(understood, default=str), flush=True)
"""
OPTIONS = (
    "--help", "-u http://evil.test/", "--proxy=http://evil.test/", "-p", "--form-script=/tmp/x.py", "-c firefox", "--",
    "--endpoint=http://evil.test/", "--store-session /tmp", "-o/etc/cron.d/x", "--log=/tmp/x", "--verify-ssl=0",
    "--module=all", "-m", "@/etc/passwd", "--form-cred=a%b", "--wapp-url=http://evil.test", "--cms=all", "-",
    "--no-bugreport", "--flush-session", "--list-modules", "--update", "--scope=punk", "--headless=visible", "+x", "/x",
    "--data=a", "--swagger=file:///etc/passwd", "--exclude=x", "--start=http://evil.test/", "$(id)", "`id`", ";id",
    "|id", "a\n--proxy=http://evil.test", "a\r\n-u\0", "a' --proxy='x", 'a" --proxy="x', "%00", "%0a--help",
    "\u2028--help", "−−help",
)  # fmt: skip
TEXT = (
    st.sampled_from(OPTIONS)
    | st.text(st.sampled_from("-=/:?*&;|% \t\r\n\0'\"<>$`\\éx@+,#"), max_size=30)
    | st.text(max_size=30)
)


class Parser:
    """Wapiti's own reading of command lines, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [settings.ENGINE_PYTHON, "-c", PARSER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self, words: list[str]) -> dict:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    if not Path(settings.ENGINE_PYTHON).exists():
        pytest.skip("the engine is not installed")
    parser = Parser()
    yield parser
    parser.end()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Folder:
    return Folder(tmp_path_factory.mktemp("run"))


def words_of(target: Target, folder: Folder) -> list[str] | None:
    """The words of the command line; None for a target that is refused."""
    try:
        return json.loads(job(target, Plan(BY_DEFAULT), folder, WAY_OUT))["arguments"]
    except EngineError:
        return None


# What a text may become, by what Wapiti calls it. Everything else is as it is without.
BECOMES = {"base_url", "starting_urls", "excluded_urls", "user_agent", "scope"}


@given(address=TEXT, excluded=TEXT, agent=TEXT, start=TEXT, place=TEXT, header=TEXT)
@example("--proxy=x", "--proxy=x", "--proxy=x", "--proxy=x", "--proxy=x", "--proxy=x")
@hypothesis_settings(deadline=None)
def test_what_is_typed_is_what_wapiti_understands(parser, folder, address, excluded, agent, start, place, header):
    plain = parser.read(words_of(Target(url=URL), folder))
    for target in (
        Target(url=f"http://shop.test/shop/{address}"),
        Target(url=address),
        Target(url=URL, excluded=(excluded, excluded[::-1])),
        Target(url=URL, user_agent=agent),
        Target(url=URL, start_urls=(f"{URL}{start}", start)),
        Target(url=URL, places=(Place(f"http://cdn.test/{place}"), Place(place or "x", scope="page"))),
        Target(url=URL, headers=((header, address), ("X-Shop", header), ("Cookie", header))),
        Target(url=URL, scope=excluded),
        Target(url="http://shop.test/api/", requests=(ApiRequest(address, "GET", f"http://shop.test/api/{start}"),)),
    ):
        words = words_of(target, folder)
        if words is None:
            continue
        understood = parser.read(words)
        assert "refused" not in understood
        other = {name for name in understood | plain if understood.get(name) != plain.get(name)}
        assert other <= BECOMES, (other, words)
        assert understood["user_agent"] == (
            agent.strip() or plain["user_agent"] if target.user_agent else plain["user_agent"]
        )
        assert understood["base_url"].startswith(("http://", "https://"))
        values = [one for name in BECOMES & understood.keys() for one in as_list(understood[name])]
        assert not any(control in one for one in values for control in "\r\n\0")


def as_list(value: object) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else [str(value)]


def test_a_text_that_is_taken_arrives_as_it_is(parser, folder):
    """Letter by letter, however much it looks like an option."""
    for text in OPTIONS:
        try:
            printable_ascii(text)
        except Exception:  # the page refuses it already
            continue
        understood = parser.read(words_of(Target(url=URL, user_agent=text), folder))
        assert understood["user_agent"] == text.strip()
    for path in ("--proxy=x", "-u", "--", "@file", "--start=http://evil.test/"):
        words = words_of(Target(url=URL, excluded=(path,), start_urls=(f"{URL}{path}",)), folder)
        understood = parser.read(words)
        said = json.dumps(understood)
        assert f"{URL}{path}" in said
        assert "proxy" not in understood


def test_wapiti_itself_would_take_it_for_an_option(parser, folder):
    """The test of these tests: a word that stands alone is one."""
    words = words_of(Target(url=URL), folder)
    assert parser.read([*words, "--proxy=http://evil.test/"])["proxy"] == "http://evil.test/"
    assert "refused" in parser.read([*words, "--no-such-option"])


@given(secret=st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=12, max_size=30))
def test_nothing_secret_is_in_the_words(secret):
    target = Target(
        url=URL,
        headers=(("X-Key", secret), ("Authorization", f"Bearer {secret}"), ("Cookie", f"a={secret.replace(';', '')}")),
        client_certificate=secret,
        requests=(ApiRequest("GET /", "GET", f"{URL}a", headers=(("X-Other", secret),), body=secret),),
    )
    assume(secret not in " ".join(words_of(Target(url=URL), Folder(Path("/nowhere"))) or ()))  # a word of the options
    words = words_of(target, Folder(Path("/nowhere")))
    if words is not None:
        assert secret not in " ".join(words)
        assert WAY_OUT[1] not in " ".join(words)
