"""Turns the text of a file into plain data: JSON strictly, YAML without anything that makes more of it than it is.

YAML is built from its events, because the library's own constructors know types that JSON has not, take the last of
two equal keys, and leave alias bombs to whoever goes through what they built. Numbers are those of JSON; `yes` and
`2020-01-01` stay texts, keys become texts.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from analyses.said import said as _
from analyses.specifications.contract import FORMS_READ, SpecificationError, shown
from analyses.specifications.unreadable import (
    DEEPEST,
    MOST_NODES,
    TOO_DEEP,
    at,
    no_alias,
    no_json,
    no_number,
    no_yaml,
    too_much,
    twice_in_mapping,
    twice_in_object,
)

LONGEST_NUMBER = 30  # characters

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "map", "seq"))


def load(data: bytes, name: str) -> Any:
    """The data of a file in UTF-8. Raises SpecificationError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SpecificationError(
            _("The file is not UTF-8 text (line %(line)s). Save it as UTF-8, then upload it.", line=line)
        ) from None
    if not text.strip():
        raise SpecificationError(_("The file is empty. Upload one of these: %(forms)s.", forms=FORMS_READ))
    try:
        if text.lstrip()[0] in "{[" and not name.lower().endswith((".yaml", ".yml")):
            return _bounded(_json(text))
        return _yaml(text)
    except RecursionError:
        raise SpecificationError(TOO_DEEP) from None


def _json(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=lambda digits: _integer(digits, 0),
            parse_float=lambda digits: _float(digits, 0),
            parse_constant=lambda word: no_number(word, 0),
        )
    except json.JSONDecodeError as error:
        raise no_json(error) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise twice_in_object(twice)
    return found


def _integer(digits: str, line: int) -> int:
    if len(digits) > LONGEST_NUMBER:
        no_number(_("%(begin)s…, of %(count)s digits,", begin=digits[:10], count=len(digits)), line)
    return int(digits)


def _float(digits: str, line: int) -> float:
    value = float(digits) if len(digits) <= 400 else math.inf
    return value if math.isfinite(value) else no_number(shown(digits, 20), line)


def _bounded(value: Any) -> Any:
    """The value itself, when it is neither too deep nor too much."""
    nodes, waiting = 0, [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > DEEPEST:
            raise SpecificationError(TOO_DEEP)
        if isinstance(node, dict | list):
            children = node.values() if isinstance(node, dict) else node
            waiting += [(child, depth + 1) for child in children]
        if nodes + len(waiting) > MOST_NODES:
            raise too_much()
    return value


# --- YAML -----------------------------------------------------------------------------------------------------------


@dataclass
class _Open:
    """A list or mapping whose end has not been seen yet."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    line: int
    size: int = 1
    key: str | None = None
    merging: bool = False  # the value of a merge key (<<) comes next
    merged: list[dict[str, Any]] = field(default_factory=list)

    @property
    def wants_a_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None and not self.merging


def _yaml(text: str) -> Any:
    try:
        return _Builder().build(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or ""
        raise no_yaml(at(problem, mark) if mark else shown(problem)) from None
    except yaml.YAMLError as error:
        raise no_yaml(shown(error)) from None


class _Builder:
    """Puts events together into plain data, within the limits. Aliases stand for the very same object."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._total = 0
        self._result: list[Any] = []

    def build(self, events: Iterator[Any]) -> Any:
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent) and self._result:
                raise SpecificationError(
                    _("A second document begins at line %(line)s. Upload each one by itself.", line=line)
                )
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event.anchor or "", line)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._begin(event, line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._end()
        return self._result[0] if self._result else None

    def _begin(self, event: Any, line: int) -> None:
        if self._open and self._open[-1].wants_a_key:
            raise SpecificationError(
                _("At line %(line)s, a list or mapping is used as a key. Use a text as the key.", line=line)
            )
        self._refuse_tag(event.tag, line)
        if len(self._open) >= DEEPEST:
            raise SpecificationError(TOO_DEEP)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        self._open.append(_Open(value, event.anchor, line))

    def _end(self) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict):
            for other in done.merged:
                self._count(len(other))
                for key, value in other.items():
                    done.value.setdefault(key, value)
        if done.anchor:
            self._anchors[done.anchor] = (done.value, done.size)
        self._add(done.value, done.size, done.line, counted=done.size - 1)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        plain = event.implicit[0] and event.tag is None
        if self._open and self._open[-1].wants_a_key:
            if event.anchor:
                self._anchors[event.anchor] = (event.value, 1)
            self._key(event.value, line, plain=plain)
            return
        if plain or event.tag in _PLAIN_TAGS:
            value = _plain(event.value, line)
        else:
            self._refuse_tag(event.tag, line)
            value = event.value
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, 1, line)

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchors:
            inside = any(container.anchor == anchor for container in self._open)
            raise no_alias(shown(anchor, 40), line, inside=inside)
        value, size = self._anchors[anchor]
        if self._open and self._open[-1].wants_a_key:
            if not isinstance(value, str):
                raise SpecificationError(
                    _("At line %(line)s, an alias is used as a key. Write the key out instead.", line=line)
                )
            self._key(value, line, plain=False)
            return
        self._add(value, size, line)

    def _key(self, key: str, line: int, *, plain: bool) -> None:
        container = self._open[-1]
        self._count(1)
        if plain and key == "<<":
            container.merging = True
            return
        if key in container.value:
            raise twice_in_mapping(key, line)
        container.key = key

    def _add(self, value: Any, size: int, line: int, *, counted: int = 0) -> None:
        self._count(size - counted)
        if not self._open:
            self._result.append(value)
            return
        container = self._open[-1]
        container.size += size
        if isinstance(container.value, list):
            container.value.append(value)
        elif container.merging:
            container.merging = False
            others = value if isinstance(value, list) else [value]
            if not all(isinstance(other, dict) for other in others):
                raise SpecificationError(
                    _("What is merged (<<) at line %(line)s is no mapping. Write it out instead.", line=line)
                )
            container.merged += others
        else:
            assert container.key is not None  # noqa: S101 - events come in their order
            container.value[container.key] = value
            container.key = None

    def _count(self, nodes: int) -> None:
        self._total += nodes
        if self._total > MOST_NODES:
            raise too_much()

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in _TEXT_TAGS and tag not in _PLAIN_TAGS:
            raise SpecificationError(
                _(
                    "The tag %(tag)s at line %(line)s asks for more than data. Remove it, or export as JSON.",
                    tag=shown(tag, 60),
                    line=line,
                )
            )


def _plain(text: str, line: int) -> Any:
    """What a text without quotation marks stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text, line)
    if _FLOAT.fullmatch(text):
        return _float(text, line)
    return no_number(text, line) if _NOT_A_NUMBER.fullmatch(text) else text
