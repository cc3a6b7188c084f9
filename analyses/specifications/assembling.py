"""Puts what was read together: each endpoint once, within the limits, as it is stored."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from analyses.addresses import InvalidTarget, parse_target
from analyses.said import Count, Said
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.specifications.contract import (
    MOST_ADDRESS,
    MOST_BODY,
    MOST_ENDPOINTS,
    MOST_REQUESTS,
    Call,
    Endpoint,
    Specification,
    SpecificationError,
    shown,
)
from analyses.specifications.writing import in_path

LONGEST_TEMPLATE = 500
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


def assembled(form: str, title: Any, base_url: str, calls: Iterable[Call], notes: Iterable[str] = ()) -> Specification:
    """The specification. Raises SpecificationError when nothing in it can be asked for, or too much."""
    kept: dict[tuple[str, str], Call] = {}
    problems: Counter[str] = Counter()
    for call in calls:
        call, problem = _usable(call)
        if problem:
            problems[problem] += 1
            continue
        known = kept.get((call.method, call.path))
        if known is None or _weight(call) > _weight(known):
            kept[call.method, call.path] = call
    said = (*notes, *(_left_out(problem, number) for problem, number in problems.items()))
    if not kept:
        raise _nothing(form, said)
    if len(kept) > MOST_ENDPOINTS:
        raise SpecificationError(
            _(
                "The file has %(count)s endpoints; at most %(most)s can be scanned at once. Split it into several.",
                count=Count(len(kept)),
                most=Count(MOST_ENDPOINTS),
            )
        )
    requests = json.dumps([_stored(call) for call in kept.values()])
    if len(requests) > MOST_REQUESTS:
        raise SpecificationError(
            _(
                "The example requests of this file are larger than %(most)s MiB. Shorten its examples.",
                most=MOST_REQUESTS // 1024**2,
            )
        )
    endpoints = tuple(Endpoint(call.method, call.path, shown(call.summary)) for call in kept.values())
    return Specification(
        form, shown(title if isinstance(title, str) else ""), _base(base_url), endpoints, requests, said
    )


def _usable(call: Call) -> tuple[Call, str]:
    """The call as it is kept, and why it cannot be, which is empty when it can."""
    path = "".join(c for c in call.path if c.isprintable()).encode("utf-8", "replace").decode()
    call = replace(call, path=path)
    if len(path) > LONGEST_TEMPLATE or len(call.target) > MOST_ADDRESS:
        return call, _("the address is too long")
    segments = [unquote(segment) for segment in call.target.partition("?")[0].split("/")]
    if any(segment in (".", "..") for segment in segments) or "\\" in unquote(call.target):
        return call, _("the path leads out of where it stands")
    if len(call.body) > MOST_BODY:
        return call, _("the body is too large")
    return call, ""


def _weight(call: Call) -> int:
    """How much of a request there is to attack: of several for one endpoint, the largest is kept."""
    return call.target.count("&") + call.target.count("?") + 2 * bool(call.body)


def _stored(call: Call) -> dict[str, Any]:
    return {
        "endpoint": f"{call.method} {call.path}",
        "method": call.method,
        "path": call.target,
        "headers": [list(pair) for pair in call.headers],
        "body": call.body,
        "content_type": call.content_type,
    }


def _base(url: str) -> str:
    """The base URL in its normal form; its path alone, where it names no host that can be used."""
    text = "".join(url.partition("?")[0].partition("#")[0].split())
    if text.startswith("//"):
        text = f"https:{text}"
    if not _SCHEME.match(text):
        return in_path(f"/{text.strip('/')}", whole=True)[:1_000] if text.strip("/") else ""
    try:
        return parse_target(text).url
    except InvalidTarget as error:
        server = shown(text, 100)
        raise SpecificationError(
            _(
                "The server %(server)s cannot be used: %(reason)s Correct it in the file.",
                server=server,
                reason=error.args[0],
            )
        ) from None


def of_one_origin(calls: list[tuple[str, Call]], say: Callable[[str], None]) -> tuple[str, list[Call]]:
    """Of calls with their origins, the most frequent origin and its calls; says how many others were left out."""
    found = Counter(origin for origin, _call in calls)
    if not found:
        return "", []
    most = found.most_common(1)[0][0]
    others = sum(found.values()) - found[most]
    if others:
        hosts = ", ".join(shown(origin or "no host", 60) for origin, _times in found.most_common(4)[1:])
        say(_elsewhere(others, hosts, more=len(found) > 4))
    return most, [call for origin, call in calls if origin == most]


def _nothing(form: str, said: tuple[str, ...]) -> SpecificationError:
    if not said:
        return SpecificationError(
            _(
                "There is no endpoint in this file (%(form)s) that could be scanned. Check that it is the right one.",
                form=form,
            )
        )
    return SpecificationError(
        _(
            "There is no endpoint in this file (%(form)s) that could be scanned. %(reasons)s Check that it is the "
            "right one.",
            form=form,
            reasons=said,
        )
    )


def _left_out(problem: str, number: int) -> Said:
    return ngettext(
        "%(count)s endpoint left out: %(problem)s.",
        "%(count)s endpoints left out: %(problem)s.",
        number,
        problem=problem,
    )


def _elsewhere(requests: int, hosts: str, *, more: bool) -> Said:
    if more:
        return ngettext(
            "%(count)s request to other hosts left out (%(hosts)s and more).",
            "%(count)s requests to other hosts left out (%(hosts)s and more).",
            requests,
            hosts=hosts,
        )
    return ngettext(
        "%(count)s request to other hosts left out (%(hosts)s).",
        "%(count)s requests to other hosts left out (%(hosts)s).",
        requests,
        hosts=hosts,
    )
