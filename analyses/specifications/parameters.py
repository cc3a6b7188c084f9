"""The parameters and bodies of OpenAPI operations, with sample values, written as the document wants them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analyses.said import said as _
from analyses.specifications.contract import SpecificationError, pointer, shown
from analyses.specifications.references import Document, Place
from analyses.specifications.samples import Sampler, given
from analyses.specifications.writing import Pairs, flat, in_header, in_query, listed, multipart, plain

FORM, PARTS, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
FILE_NAME, FILE_TEXT = "example.txt", "An example."
MOST_ACCEPTED = 4
_SEPARATORS = {"ssv": " ", "tsv": "\t", "pipes": "|", "spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True)
class Parameter:
    name: str
    where: str  # path, query, querystring (all of it), header, cookie; formData or body in OpenAPI 2
    value: Any
    style: str = ""
    repeats: bool = True  # a list is written as its name again and again
    is_file: bool = False

    def text(self) -> str:
        return listed(self.value, _SEPARATORS.get(self.style, ","))

    def pairs(self) -> Pairs:
        """As it stands in a query or a form."""
        if isinstance(self.value, dict) and self.style == "deepObject":
            return [(f"{self.name}[{key}]", listed(inner)) for key, inner in self.value.items()]
        if isinstance(self.value, dict) and self.repeats and not self.style.startswith("json"):
            return [(key, listed(inner)) for key, inner in self.value.items()]
        if isinstance(self.value, list) and self.repeats:
            return [(self.name, plain(one)) for one in self.value]
        return [(self.name, plain(self.value) if self.style == "json" else self.text())]


def read(document: Document, sampler: Sampler, value: Any, place: Place) -> Parameter:
    """A parameter with its sample value. Raises SpecificationError."""
    found = document.mapping(value, place)
    name, where = found.get("name"), found.get("in")
    if not isinstance(name, str) or not isinstance(where, str):
        raise SpecificationError(
            _("The parameter at %(place)s has no name, or does not say where it stands.", place=pointer(*place))
        )
    if "swagger" in document.root:
        return _read_2(sampler, found, name, where, place)
    content = found.get("content")
    if isinstance(content, dict) and content:
        kind, media = next(iter(content.items()))
        value = of_media(document, sampler, media, (*place, "content", kind), name)
        if where == "querystring" and isinstance(value, dict) and FORM in kind.lower():
            return Parameter(name, "query", value)
        return Parameter(name, where, value, "json" if "json" in kind else "", repeats=False)
    known, value = given({key: found[key] for key in ("example",) if key in found})
    if not known:
        known, value = _first_example(document, found.get("examples"), place)
    if not known:
        value = sampler.sample(found.get("schema", {}), (*place, "schema"), name)
    style = found.get("style")
    explode = found.get("explode")
    style = style if isinstance(style, str) else "form" if where in ("query", "cookie") else "simple"
    return Parameter(name, where, value, style, explode if isinstance(explode, bool) else style == "form")


def _read_2(sampler: Sampler, found: dict[str, Any], name: str, where: str, place: Place) -> Parameter:
    if where == "body":
        return Parameter(name, where, sampler.sample(found.get("schema", {}), (*place, "schema"), name))
    how = found.get("collectionFormat")
    style = how if isinstance(how, str) else "csv"
    schema = {key: inner for key, inner in found.items() if key not in ("in", "name", "description")}
    is_file = found.get("type") == "file"
    value = FILE_TEXT if is_file else sampler.sample(schema, place, name)
    return Parameter(name, where, value, style, repeats=style == "multi", is_file=is_file)


def _first_example(document: Document, examples: Any, place: Place) -> tuple[bool, Any]:
    if not isinstance(examples, dict) or not examples:
        return False, None
    name, example = next(iter(examples.items()))
    example = document.mapping(example, (*place, "examples", name))
    for key in ("dataValue", "value"):  # the first from OpenAPI 3.2 on
        if key in example:
            return True, example[key]
    return False, None


def of_media(document: Document, sampler: Sampler, media: Any, place: Place, name: str = "") -> Any:
    """A sample of what a media type object describes."""
    media = document.mapping(media, place)
    if "example" in media:
        return media["example"]
    known, value = _first_example(document, media.get("examples"), place)
    if known:
        return value
    key = "itemSchema" if "itemSchema" in media and "schema" not in media else "schema"  # a stream: one item of it
    return sampler.sample(media.get(key, {}), (*place, key), name)


def body(
    document: Document,
    sampler: Sampler,
    operation: dict[str, Any],
    by_place: Mapping[str, Sequence[Parameter]],
    place: Place,
) -> tuple[str, str]:
    """The body of a request and its content type; both empty when it has none. Raises SpecificationError."""
    if "swagger" in document.root:
        return _body_2(document, operation, by_place)
    if "requestBody" not in operation:
        return "", ""
    there = (*place, "requestBody")
    content = document.mapping(operation["requestBody"], there).get("content")
    if not isinstance(content, dict) or not content:
        return "", ""
    kind = _preferred(list(content))
    value = of_media(document, sampler, content[kind], (*there, "content", kind))
    schema = document.mapping(content[kind], (*there, "content", kind)).get("schema", {})
    resolved, _followed = document.resolved(schema, (*there, "content", kind, "schema"))
    properties = resolved.get("properties") if isinstance(resolved, dict) else None
    files = [
        name
        for name, inner in (properties.items() if isinstance(properties, dict) else ())
        if isinstance(inner, dict) and (inner.get("format") in ("binary", "byte") or "contentMediaType" in inner)
    ]
    return written(value, kind, files)


def _body_2(
    document: Document, operation: dict[str, Any], by_place: Mapping[str, Sequence[Parameter]]
) -> tuple[str, str]:
    consumed = operation.get("consumes", document.root.get("consumes"))
    kinds = [str(kind) for kind in consumed] if isinstance(consumed, list) else []
    if fields := by_place.get("formData"):
        files = [parameter.name for parameter in fields if parameter.is_file]
        pairs = [pair for parameter in fields if not parameter.is_file for pair in parameter.pairs()]
        if files or (PARTS in kinds and FORM not in kinds):
            return multipart(pairs, [(name, FILE_NAME, FILE_TEXT, "text/plain") for name in files]), PARTS
        return in_query(pairs), FORM
    for parameter in by_place.get("body", ()):
        return written(parameter.value, _preferred(kinds or [JSON]), ())
    return "", ""


def _preferred(kinds: list[str]) -> str:
    """Of several content types, the one that the engine can attack best."""
    for wanted in ("json", FORM, PARTS):
        for kind in kinds:
            if wanted in kind.lower():
                return kind
    return JSON if kinds == ["*/*"] else kinds[0]


def written(value: Any, kind: str, files: Sequence[str]) -> tuple[str, str]:
    """A value as a body of this content type; both empty where that is not known how to write."""
    kind = in_header(kind)
    lowered = kind.lower()
    if "json" in lowered or lowered == "*/*":
        return json.dumps(value), kind if "json" in lowered else JSON
    if lowered.startswith(FORM):
        return in_query(flat(value)), FORM
    if lowered.startswith(PARTS):
        fields = [(name, text) for name, text in flat(value) if name not in files]
        return multipart(fields, [(name, FILE_NAME, FILE_TEXT, "text/plain") for name in files]), PARTS
    if isinstance(value, str):
        return value, kind
    if "xml" in lowered and isinstance(value, dict | list):
        return "", ""
    return (plain(value), kind) if lowered.startswith("text/") else ("", "")


def accepted(document: Document, operation: dict[str, Any], place: Place) -> str:
    """The content types that an operation says it answers with, as a header wants them; empty when it says none."""
    found: dict[str, None] = {}
    produced = operation.get("produces", document.root.get("produces")) if "swagger" in document.root else None
    found |= dict.fromkeys(str(kind) for kind in produced) if isinstance(produced, list) else {}
    responses = operation.get("responses")
    for response in list(responses.values())[:20] if isinstance(responses, dict) else ():
        try:
            content = document.mapping(response, (*place, "responses")).get("content")
        except SpecificationError:  # only what a request needs has to be in the file
            continue
        found |= dict.fromkeys(content) if isinstance(content, dict) else {}
    kinds = [shown(in_header(kind), 80) for kind in found if "/" in kind][:MOST_ACCEPTED]
    return ", ".join([*kinds, "*/*;q=0.5"]) if kinds and "*/*" not in kinds else ""
