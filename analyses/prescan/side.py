"""Reads a recorded script: a Selenium IDE project (`.side`, JSON). Pure and bounded: no network, no browser.

Only what is named here can be played. Everything else is refused with its place in the script, in words for people,
and without the values that are typed: they may be passwords.
"""

import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from analyses.addresses import Address, InvalidTarget, join, parse_target
from analyses.said import said as _

MOST_BYTES = 256 * 1024
MOST_COMMANDS = 300
LONGEST_TARGET = 2000
LONGEST_VALUE = 4000
LONGEST_PAUSE = 30_000  # milliseconds

_SHOWN = 80  # characters of a name or a target in a message
_LOCATORS = ("id", "name", "css", "linkText", "xpath")
_ELEMENT_STATES = ("Visible", "Present", "NotVisible", "NotPresent", "Editable")
_CHECKS = tuple(f"{verb}{what}" for verb in ("assert", "verify") for what in ("Text", "NotText", "Value"))
_PRESENCES = tuple(
    f"{verb}Element{what}" for verb in ("assert", "verify") for what in ("Present", "NotPresent")
)  # fmt: skip
_TITLES = ("assertTitle", "verifyTitle")
_ON_AN_ELEMENT = frozenset(
    {
        "click", "clickAt", "doubleClick", "type", "sendKeys", "select", "check", "uncheck", "mouseOver",
        "waitForText", *(f"waitForElement{state}" for state in _ELEMENT_STATES), *_CHECKS, *_PRESENCES,
    }
)  # fmt: skip
TYPING = ("type", "sendKeys")
_LEFT_OUT = frozenset({"", "setWindowSize", "mouseOut"})  # comments, and what changes nothing that is scanned
ALLOWED = _ON_AN_ELEMENT | _LEFT_OUT | {"open", "pause", *_TITLES}
_RUNS_CODE = re.compile(r"(execute|run|store)[A-Za-z]*|addScript|answerOn[A-Za-z]+|eval[A-Za-z]*", re.IGNORECASE)
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
KEYS = {
    "ENTER": "Enter", "RETURN": "Enter", "TAB": "Tab", "ESC": "Escape", "ESCAPE": "Escape", "SPACE": "Space",
    "BACKSPACE": "Backspace", "BKSP": "Backspace", "DELETE": "Delete", "DEL": "Delete", "UP": "ArrowUp",
    "DOWN": "ArrowDown", "LEFT": "ArrowLeft", "RIGHT": "ArrowRight", "HOME": "Home", "END": "End",
    "PAGE_UP": "PageUp", "PAGE_DOWN": "PageDown",
}  # fmt: skip
_CHOICE = re.compile(r"(label|value)=|index=[0-9]{1,4}$", re.ASCII)
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


CODE = "${totp}"  # in what is typed: the one-time code of that moment


class ScriptError(ValueError):
    """The script cannot be played; the message is for people."""


def called(kind: str, file: str) -> str:
    """A script for people, such as “Crawl script shop.side”: its kind, and the name of its file if that is known."""
    return " ".join(filter(None, (kind, _shown(file))))


class By(StrEnum):
    """How a script finds an element."""

    ID = "id"
    NAME = "name"
    CSS = "css"
    LINK_TEXT = "linkText"
    XPATH = "xpath"


@dataclass(frozen=True)
class Locator:
    by: By
    text: str


@dataclass(frozen=True)
class Command:
    """One step. `number` counts within its test, as Selenium IDE shows it."""

    test: str
    number: int
    name: str
    target: str = field(repr=False)
    value: str = field(default="", repr=False)  # may be a password: it is never shown
    locator: Locator | None = None
    script: str = ""  # what its script is called

    @property
    def label(self) -> str:
        """Where it stands, for people: its script, its test, its number."""
        return within(self.script, _label(self.test, self.number, self.name, self.target))


@dataclass(frozen=True)
class Script:
    """What is to be played. `url` is the address that its relative ones belong to; empty: the scan's own."""

    url: str
    commands: tuple[Command, ...]

    def address(self, command: Command, start: Address) -> Address:
        """Where an `open` leads to. Raises ScriptError."""
        try:
            return join(parse_target(self.url) if self.url else start, command.target)
        except InvalidTarget as error:
            raise ScriptError(within(command.label, error.args[0])) from error


def parse(data: bytes, called: str = "") -> Script:
    """Read a script; what is said of it begins with what it is called. Raises ScriptError for what cannot be played."""
    try:
        return _parsed(data, called)
    except ScriptError as error:
        raise ScriptError(within(called, error.args[0])) from error


def _parsed(data: bytes, called: str) -> Script:
    project = _project(data)
    url = _url(project.get("url", ""))
    commands: list[Command] = []
    total = 0
    for test in _list(project, "tests", _("The script")):
        name = _shown(test.get("name")) or _("unnamed test")
        listed = _list(test, "commands", _("“%(name)s”", name=name))
        total += len(listed)
        if total > MOST_COMMANDS:
            raise ScriptError(_("The script has more than %(most)s steps.", most=MOST_COMMANDS))
        commands += [found for number, given in enumerate(listed, 1) if (found := _command(name, number, given))]
    if not commands:
        raise ScriptError(_("The script has no steps."))
    script = Script(url, tuple(commands))
    for command in commands:
        if command.name == "open":
            script.address(command, _ANYWHERE)
    return Script(url, tuple(replace(command, script=called) for command in commands))


_ANYWHERE = parse_target("http://target.invalid/")


def keys(text: str) -> list[tuple[bool, str]]:
    """What `sendKeys` types: pieces of text (False), and names of keys (True). Raises ScriptError."""
    found: list[tuple[bool, str]] = []
    at = 0
    for match in _VARIABLE.finditer(text):
        if match[0] == CODE:
            continue
        key = KEYS.get(match[1].removeprefix("KEY_")) if match[1].startswith("KEY_") else None
        if key is None:
            raise ScriptError(_("the key %(key)s is not known", key=_shown(match[1])))
        found += [(False, text[at : match.start()]), (True, key)]
        at = match.end()
    return [(is_key, piece) for is_key, piece in [*found, (False, text[at:])] if piece]


def _project(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise ScriptError(_("The file is larger than %(most)s KiB.", most=MOST_BYTES // 1024))
    try:
        project = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ScriptError(_("This is not a Selenium IDE project (.side): it cannot be read as JSON.")) from error
    if not isinstance(project, dict) or "tests" not in project:
        raise ScriptError(_("This is not a Selenium IDE project (.side): there are no tests in it."))
    return project


def _url(url: Any) -> str:
    if not isinstance(url, str):
        raise ScriptError(_("The address of the script (its “url”) is no text."))
    if not url.strip():
        return ""
    try:
        return parse_target(url.strip()).url
    except InvalidTarget as error:
        raise ScriptError(
            _("The address of the script (its “url”) cannot be used: %(reason)s", reason=error.args[0])
        ) from error


def _list(holder: dict[str, Any], name: str, what: str) -> list[dict[str, Any]]:
    found = holder.get(name)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ScriptError(_("%(what)s is no Selenium IDE recording: its %(name)s are no list.", what=what, name=name))
    return found


def _command(test: str, number: int, given: dict[str, Any]) -> Command | None:
    """Read one step; None for one that is switched off or changes nothing."""
    name, target, value = (given[key] if given.get(key) is not None else "" for key in ("command", "target", "value"))
    if not all(isinstance(text, str) for text in (name, target, value)):
        raise ScriptError(
            _("“%(test)s”, step %(number)s: command, target and value must be texts.", test=test, number=number)
        )
    if name.startswith("//") or name in _LEFT_OUT:
        return None
    target = target.strip()
    problem = _problem(name, target, value)
    if problem:
        raise ScriptError(_("%(step)s: %(problem)s.", step=_label(test, number, name, target), problem=problem))
    locator = _locator(target) if name in _ON_AN_ELEMENT else None
    return Command(test, number, name, target, value, locator)


def _problem(name: str, target: str, value: str) -> str:
    """Why a step cannot be played; empty when it can."""
    if name not in ALLOWED:
        if _RUNS_CODE.fullmatch(name):
            return _("scripts, variables and other tests are not run here; record it without them")
        return _("this command is not supported")
    if len(target) > LONGEST_TARGET or len(value) > LONGEST_VALUE:
        return _("it is too long")
    if _unfit(target) or _unfit(value):
        return _("it contains characters that cannot be typed")
    typed = value.replace(CODE, "") if name in TYPING else value
    if _VARIABLE.search(target) or (name != "sendKeys" and _VARIABLE.search(typed)):
        return _("variables are not supported, but for a one-time code that is typed: %(code)s", code=CODE)
    if name == "open":
        scheme = _SCHEME.match(target)
        other = scheme and scheme[1].lower() not in ("http", "https")
        return _("only web addresses can be opened") if other else ""
    if name in _ON_AN_ELEMENT:
        return _problem_of_element(name, target, value)
    return _number_problem(target or value) if name == "pause" else ""


def _problem_of_element(name: str, target: str, value: str) -> str:
    if _locator(target) is None:
        return _("the element must be given by %(ways)s", ways=", ".join(f"{kind}=" for kind in _LOCATORS))
    if ">>" in target and target.startswith("css="):
        return _("this is not plain CSS")
    if name.startswith("waitForElement"):
        return _number_problem(value) if value else ""
    if name == "select" and not _CHOICE.match(value):
        return _("the choice must be given by label=, value= or index=")
    if name == "sendKeys":
        try:
            keys(value)
        except ScriptError as error:
            return error.args[0]
    return ""


def _number_problem(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII):
        return _("the time must be a number of milliseconds")
    return "" if int(text) <= LONGEST_PAUSE else _("it waits for longer than %(most)s s", most=LONGEST_PAUSE // 1000)


def _locator(target: str) -> Locator | None:
    if target.startswith("//"):
        return Locator(By.XPATH, target)
    kind, separator, text = target.partition("=")
    return Locator(By(kind), text) if separator and kind in _LOCATORS and text.strip() else None


def _unfit(text: str) -> bool:
    """Whether a text holds control characters, or halves of characters that cannot be encoded."""
    return any("\ud800" <= c <= "\udfff" or (c < " " and c not in "\t\n\r") for c in text)


def _label(test: str, number: int, name: str, target: str) -> str:
    where = re.split(r"[?#]", target, maxsplit=1)[0] if name == "open" else target  # a query may hold tokens
    what = " ".join(filter(None, (_shown(name), _shown(where))))
    return _("“%(test)s”, step %(number)s (%(what)s)", test=test, number=number, what=what)


def within(called: str, said: str) -> str:
    """What is said of a part of what is called so, which may be empty."""
    return _("%(place)s: %(said)s", place=called, said=said) if called else said


def _shown(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    line = "".join(character for character in " ".join(text[: 4 * _SHOWN].split()) if character.isprintable())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
