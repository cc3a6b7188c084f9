"""Reads OpenAPI 2.0 (Swagger) and 3.0 to 3.2: every operation becomes a request with sample values."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.specifications import parameters
from analyses.specifications.contract import METHODS, Call, SpecificationError, pointer, shown
from analyses.specifications.parameters import Parameter
from analyses.specifications.references import Document, Place
from analyses.specifications.samples import Sampler
from analyses.specifications.writing import in_header, in_path, in_query, plain

MOST_PARAMETERS = 100  # of one operation
MOST_NAMED = 4  # methods that are not sent
_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_SET_BY_OTHERS = ("accept", "content-type", "authorization", "cookie", "host", "content-length", "connection")


def form_of(document: dict[str, Any]) -> str:
    """Which version the document says it is; empty when it is none that is read. Raises SpecificationError."""
    version = str(document.get("swagger", document.get("openapi", "")))
    if "swagger" in document and version.startswith("2"):
        return "OpenAPI 2.0"
    if match := re.match(r"3\.([012])(\D|$)", version):
        return f"OpenAPI 3.{match[1]}"
    if "swagger" in document or "openapi" in document:
        raise SpecificationError(
            _(
                "The file says that it is OpenAPI %(version)s; 2.0 and 3.0 to 3.2 are read. Export it as one of these.",
                version=shown(version, 20),
            )
        )
    return ""


def read_openapi(root: dict[str, Any]) -> tuple[str, str, list[Call], list[str]]:
    """Title, base URL (or its path), calls and notes. Raises SpecificationError."""
    document = Document(root)
    info = root.get("info")
    title = info.get("title", "") if isinstance(info, dict) else ""
    paths = document.mapping(root.get("paths", {}), ("paths",))
    notes: list[str] = []
    calls = [_call(document, *operation) for operation in _operations(document, paths, notes.append)]
    base = _base_of_2(root) if "swagger" in root else _base_of_3(document, root)
    return title, base, calls, notes


def _operations(
    document: Document, paths: dict[str, Any], say: Callable[[str], None]
) -> Iterator[tuple[str, str, dict[str, Any], list[Any], Place]]:
    """Method, path, operation and the parameters of its path, with where it stands; says which methods are not sent."""
    known = [method for method in METHODS if method != "QUERY" or form_of(document.root) == "OpenAPI 3.2"]
    unsent: Counter[str] = Counter()
    for path, item in paths.items():
        if path.startswith("x-"):
            continue
        if not path.startswith("/"):
            raise SpecificationError(
                _("The path “%(path)s” does not begin with /. Correct it under /paths.", path=shown(path, 80))
            )
        there = ("paths", path)
        item = document.mapping(item, there)
        shared = _list(item.get("parameters"))
        more = document.mapping(item.get("additionalOperations", {}), (*there, "additionalOperations"))
        given: list[tuple[str, dict[str, Any], Place]]
        given = [(method.lower(), item, there) for method in known if method.lower() in item]
        given += [(method, more, (*there, "additionalOperations")) for method in more if not method.startswith("x-")]
        for name, holder, at in given:
            if name.upper() not in METHODS:
                unsent[shown(name, 20)] += 1
                continue
            place = (*at, name)
            yield name.upper(), path, document.mapping(holder[name], place), shared, place
    if unsent:
        names = ", ".join(list(unsent)[:MOST_NAMED])
        say(
            ngettext(
                "%(count)s endpoint left out: methods that are not sent (%(names)s).",
                "%(count)s endpoints left out: methods that are not sent (%(names)s).",
                unsent.total(),
                names=names,
            )
        )


def _call(
    document: Document, method: str, path: str, operation: dict[str, Any], shared: list[Any], place: Place
) -> Call:
    sampler = Sampler(document)
    found: dict[tuple[str, str], Parameter] = {}
    for number, given in enumerate([*shared, *_list(operation.get("parameters"))][:MOST_PARAMETERS]):
        parameter = parameters.read(document, sampler, given, (*place, "parameters", number))
        found[parameter.where, parameter.name] = parameter
    by_place: dict[str, list[Parameter]] = {}
    for parameter in found.values():
        by_place.setdefault(parameter.where, []).append(parameter)
    body, content_type = parameters.body(document, sampler, operation, by_place, place)
    headers = [
        (p.name, in_header(p.text())) for p in by_place.get("header", ()) if p.name.lower() not in _SET_BY_OTHERS
    ]
    if accepted := parameters.accepted(document, operation, place):
        headers.append(("Accept", accepted))
    summary = operation.get("summary") or operation.get("operationId") or ""
    return Call(
        method, path, _target(path, by_place), str(summary), _sendable(headers), body, content_type
    )  # fmt: skip


def _target(path: str, by_place: dict[str, list[Parameter]]) -> str:
    """Path and query with the values of the parameters."""
    values = {parameter.name: parameter.text() for parameter in by_place.get("path", ())}
    bare, _mark, fixed = path.partition("?")
    parts = _TEMPLATE.split(bare)  # every second one is the name of a parameter
    filled = [
        in_path(values.get(part, "1")) if position % 2 else in_path(part.replace("#", "%23"), whole=True)
        for position, part in enumerate(parts)
    ]
    query = in_query(pair for parameter in by_place.get("query", ()) for pair in parameter.pairs())
    wholes = [in_path(plain(parameter.value)) for parameter in by_place.get("querystring", ())]
    query = "&".join(part for part in (in_path(_TEMPLATE.sub("1", fixed), whole=True), query, *wholes) if part)
    return "".join(filled) + (f"?{query}" if query else "")


def _sendable(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if value and _HEADER.fullmatch(name))


# --- Where it is served ---------------------------------------------------------------------------------------------


def _base_of_2(root: dict[str, Any]) -> str:
    schemes = [str(scheme).lower() for scheme in _list(root.get("schemes"))] or ["https"]
    usable = next((scheme for scheme in ("https", "http") if scheme in schemes), None)
    if usable is None:
        raise _other_scheme(schemes[0], "/schemes")
    path = root.get("basePath")
    path = path if isinstance(path, str) else "/"
    host = root.get("host")
    return f"{usable}://{host}{path}" if isinstance(host, str) and host else path


def _base_of_3(document: Document, root: dict[str, Any]) -> str:
    servers = [
        _server(document.mapping(given, ("servers", number)))
        for number, given in enumerate(_list(root.get("servers"))[:50])
    ]
    usable = [url for url in servers if "://" not in url or url.lower().startswith(("http://", "https://"))]
    if servers and not usable:
        raise _other_scheme(servers[0].partition("://")[0], pointer("servers", 0, "url"))
    return usable[0] if usable else ""


def _server(server: dict[str, Any]) -> str:
    """The address of a server, its variables at their defaults."""
    variables = server.get("variables")
    variables = variables if isinstance(variables, dict) else {}

    def value(match: re.Match[str]) -> str:
        variable = variables.get(match[1])
        return str(variable.get("default", "")) if isinstance(variable, dict) else match[0]

    url = server.get("url")
    return _TEMPLATE.sub(value, url[:2_000]) if isinstance(url, str) else ""


def _other_scheme(scheme: str, place: str) -> SpecificationError:
    return SpecificationError(
        _(
            "The API is served by %(scheme)s only (%(place)s), and only http and https can be scanned. "
            "Add a server of one of these.",
            scheme=shown(scheme, 20),
            place=place,
        )
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
