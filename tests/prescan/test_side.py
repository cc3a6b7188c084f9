"""Reading recorded scripts: what can be played, what is refused and where, and that nothing breaks the reader."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.addresses import parse_target
from analyses.prescan.side import (
    ALLOWED,
    CODE,
    MOST_BYTES,
    MOST_COMMANDS,
    By,
    Locator,
    Script,
    ScriptError,
    keys,
    parse,
)
from tests.prescan.scripts import side

START = parse_target("http://shop.test/start/")


def read(*commands, **others) -> Script:
    return parse(side(*commands, **others).encode())


def refusal(*commands, **others) -> str:
    with pytest.raises(ScriptError) as error:
        read(*commands, **others)
    return str(error.value)


def test_a_recording_is_read_step_by_step():
    script = read(
        ("open", "/login"),
        ("setWindowSize", "1280x800"),
        ("type", "id=user", "alice"),
        ("//click", "id=switched-off"),
        ("", "a comment"),
        ("click", "css=button[type=submit]"),
        url="http://shop.test",
    )
    assert [(command.number, command.name) for command in script.commands] == [(1, "open"), (3, "type"), (6, "click")]
    assert script.commands[1].locator == Locator(By.ID, "user")
    assert script.commands[1].value == "alice"
    assert script.commands[2].label == "“Login”, step 6 (click css=button[type=submit])"


def test_several_tests_follow_each_other():
    tests = [{"name": name, "commands": [{"command": "open", "target": f"/{name}"}]} for name in ("a", "b")]
    assert [command.test for command in read(tests=tests).commands] == ["a", "b"]


@pytest.mark.parametrize(
    ("url", "target", "leads_to"),
    [
        ("http://shop.test", "/cart", "http://shop.test/cart"),
        ("http://shop.test/deep/", "cart", "http://shop.test/deep/cart"),
        ("", "/cart", "http://shop.test/cart"),
        ("", "", "http://shop.test/start/"),
        ("http://shop.test", "https://other.test/", "https://other.test/"),
        ("http://shop.test", "//other.test/", "http://other.test/"),
    ],
)
def test_an_address_belongs_to_that_of_the_script_or_of_the_scan(url, target, leads_to):
    script = read(("open", target), url=url)
    assert script.address(script.commands[0], START).url == leads_to


@pytest.mark.parametrize("kind", ["id", "name", "css", "linkText", "xpath"])
def test_every_way_to_find_an_element(kind):
    assert read(("click", f"{kind}=a=b")).commands[0].locator == Locator(By(kind), "a=b")


def test_an_xpath_needs_no_name():
    assert read(("click", "//a[1]")).commands[0].locator == Locator(By.XPATH, "//a[1]")


REFUSED = [
    (("executeScript", "return 1"), "(executeScript return 1): scripts, variables and other tests are not run here"),
    (("executeAsyncScript", "x"), "are not run here"),
    (("runScript", "x"), "are not run here"),
    (("run", "Other test"), "are not run here"),
    (("storeText", "css=p", "x"), "are not run here"),
    (("selectFrame", "index=0"), "(selectFrame index=0): this command is not supported"),
    (("if", "true"), "this command is not supported"),
    (("Click", "id=x"), "this command is not supported"),
    (("open", "file:///etc/passwd"), "(open file:///etc/passwd): only web addresses can be opened"),
    (("open", "FILE:/etc/passwd"), "only web addresses can be opened"),
    (("open", " javascript:alert(1)"), "only web addresses can be opened"),
    (("open", "data:text/html,x"), "only web addresses can be opened"),
    (("open", "chrome://version"), "only web addresses can be opened"),
    (("open", "view-source:http://shop.test/"), "only web addresses can be opened"),
    (("open", "http://a:b@shop.test/"), "Leave the user name and password out"),
    (("open", "http://shop.test\\@evil.test/"), "no backslashes"),
    (("open", "http://[::1"), "is not an address"),
    (("click", ""), "the element must be given by id=, name=, css=, linkText=, xpath="),
    (("click", "identifier=x"), "the element must be given by"),
    (("click", "css="), "the element must be given by"),
    (("click", "css=a >> xpath=b"), "this is not plain CSS"),
    (("type", "id=x", "${password}"), "variables are not supported, but for a one-time code that is typed: ${totp}"),
    (("type", "id=x", "${totp}${password}"), "variables are not supported"),
    (("type", "id=${totp}", "x"), "variables are not supported"),
    (("select", "id=x", "label=${totp}"), "variables are not supported"),
    (("assertText", "id=x", "${totp}"), "variables are not supported"),
    (("sendKeys", "id=x", "${totp}${TOTP}"), "the key TOTP is not known"),
    (("type", "id=${x}", "y"), "variables are not supported"),
    (("sendKeys", "id=x", "${KEY_F99}"), "the key KEY_F99 is not known"),
    (("select", "id=x", "Blue"), "the choice must be given by"),
    (("pause", "long"), "the time must be a number of milliseconds"),
    (("pause", ""), "the time must be a number of milliseconds"),
    (("pause", "30001"), "it waits for longer than 30 s"),
    (("waitForElementVisible", "id=x", "999999"), "it waits for longer than 30 s"),
    (("type", "id=x", "a" * 4001), "it is too long"),
    (("click", "css=" + "a" * 2000), "it is too long"),
    (("type", "id=x", "a\0b"), "characters that cannot be typed"),
    (("type", "id=x", "\ud800"), "characters that cannot be typed"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "why"), REFUSED, ids=[f"{c[0]}-{n}" for n, (c, _) in enumerate(REFUSED)])
def test_what_cannot_be_played_is_refused_at_its_place(command, why):
    message = refusal(("open", "/"), command)
    assert message.startswith(f"“Login”, step 2 ({command[0]}")
    assert why in message
    assert message.isprintable()
    assert len(message) < 400


def test_what_is_typed_and_the_query_of_an_address_are_never_shown():
    assert "hunter2" not in refusal(("type", "id=x", "hunter2${x}"))
    assert "hunter2" not in refusal(("open", "ftp://shop.test/?token=hunter2"))
    script = read(("open", "/?token=hunter2"), ("type", "id=x", "hunter2"))
    assert "hunter2" not in repr(script) + "".join(command.label for command in script.commands)


def test_odd_names_are_shown_in_one_short_line():
    message = refusal(("run", "x\n" * 900), name="Lo\u202egin\n" + "x" * 900)
    assert message.isprintable()
    assert len(message) < 400


NO_SCRIPT = [
    b"", b"[]", b"null", b"{}", b'"tests"', b"\xff\xfe", b"<side/>", b'{"tests": {}}', b'{"tests": [1]}',
    b'{"tests": [{"name": "a"}]}', b'{"tests": [{"commands": "x"}]}', b'{"tests": [{"commands": [[]]}]}',
    b'{"tests": []}', b'{"tests": [{"commands": []}]}', b'{"url": 5, "tests": []}', b'{"url": "shop", "tests": []}',
    b'{"tests": [{"commands": [{"command": 5}]}]}', b'{"tests": [{"commands": [{"command": "open", "target": {}}]}]}',
    b"[" * MOST_BYTES, b'{"tests":' * 20_000, b"9" * MOST_BYTES, b'{"tests": [' + b"9" * 5000 + b"]}",
    b" " * (MOST_BYTES + 1), b'{"tests": [{"name": NaN, "commands": [{"command": Infinity}]}]}',
]  # fmt: skip


@pytest.mark.parametrize("data", NO_SCRIPT, ids=range(len(NO_SCRIPT)))
def test_what_is_no_recording_is_said_at_once(data):
    started = time.monotonic()
    with pytest.raises(ScriptError) as error:
        parse(data)
    assert str(error.value).endswith(".")
    assert time.monotonic() - started < 1


def test_the_number_of_steps_is_bounded_over_all_tests():
    half = [{"command": "open", "target": "/"}] * (MOST_COMMANDS // 2)
    tests = [{"name": "a", "commands": half}, {"name": "b", "commands": half}]
    assert len(read(tests=tests).commands) == MOST_COMMANDS
    tests[1]["commands"] = [*half, {"command": ""}]
    assert refusal(tests=tests) == "The script has more than 300 steps."


def test_keys_are_told_from_text():
    assert keys("a${KEY_ENTER}b${KEY_TAB}") == [(False, "a"), (True, "Enter"), (False, "b"), (True, "Tab")]


def test_a_one_time_code_may_be_typed():
    typed, sent = read(("type", "id=x", "${totp}"), ("sendKeys", "id=x", "a${totp}${KEY_ENTER}")).commands
    assert typed.value == CODE
    assert keys(sent.value) == [(False, "a${totp}"), (True, "Enter")]


# --- Whatever is sent, it is read or refused ------------------------------------------------------------------------

texts = st.text(max_size=30) | st.sampled_from(
    [
        *ALLOWED,
        "executeScript",
        "run",
        "css=a",
        "//a",
        "id=",
        "xpath=",
        "javascript:x",
        "http://[",
        "${KEY_TAB}",
        "\ud800",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
commands = st.fixed_dictionaries({}, optional=dict.fromkeys(("command", "target", "value"), texts | anything))
tests = st.fixed_dictionaries({}, optional={"name": anything, "commands": st.lists(commands, max_size=5) | anything})
projects = st.fixed_dictionaries(
    {}, optional={"url": texts | anything, "tests": st.lists(tests, max_size=3) | anything}
)


def is_read_or_refused(data: bytes) -> None:
    try:
        script = parse(data)
    except ScriptError as error:
        message, commands = str(error), ()
    else:
        message, commands = "it is read", script.commands
    assert message.isprintable()
    assert 0 < len(message) < 2500
    for command in commands:
        assert command.name in ALLOWED
        assert command.label.isprintable()
        if command.name == "open":
            assert script.address(command, START).scheme in ("http", "https")


@settings(max_examples=400, deadline=1000)
@given(projects)
def test_odd_projects_are_read_or_refused(project):
    is_read_or_refused(json.dumps(project).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=1000)
@given(st.binary(max_size=500) | st.text(max_size=500).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_odd_bytes_are_read_or_refused(data):
    is_read_or_refused(data)


@settings(max_examples=300, deadline=1000)
@given(texts, texts, texts)
def test_odd_commands_are_read_or_refused(name, target, value):
    is_read_or_refused(side((name, target, value)).encode())


RECORDED = side(
    ("open", "/login?next=/"),
    ("type", "id=user", "alice"),
    ("sendKeys", "css=input[type=password]", "${totp}${KEY_ENTER}"),
    ("waitForElementVisible", "xpath=//h1", "5000"),
    ("select", "name=colour", "label=Red"),
    url="http://shop.test",
).encode()


@settings(max_examples=400, deadline=1000)
@given(st.lists(st.tuples(st.integers(0, len(RECORDED)), st.integers(0, 20), st.binary(max_size=8)), max_size=4))
def test_a_recording_with_pieces_cut_out_and_put_in_is_read_or_refused(changes):
    data = RECORDED
    for at, cut, put in changes:
        data = data[:at] + put + data[at + cut :]
    is_read_or_refused(data)
