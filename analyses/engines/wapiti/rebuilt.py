"""Makes the requests of a flaw again from what is stored of it, where the scan's session is not kept any more.

What is stored is the request that showed the flaw, with an attack in one parameter: in its place comes a harmless
value, which the module attacks anew. A request that is not known in full is not made: it would be another one.
"""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from analyses.engines.contract import ApiRequest, FoundFlaw, Target
from analyses.engines.wapiti.output import HIDDEN

LONGEST = 3_900  # characters of an address: a longer one may have been cut
LARGEST = 7_900  # of a request
HARMLESS = "default"  # what Wapiti itself fills into a field
QUERY = "QUERY_STRING"  # Wapiti's name for a query as a whole, as a parameter
FORM, MULTIPART = "urlencoded", "multipart"
METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD"})


def requests_of(flaw: FoundFlaw, target: Target) -> tuple[ApiRequest, ...]:
    """What to ask for to see a flaw again: its request, and the page where what was stored shows; empty if unknown.

    Of an API it is the request that its specification has.
    """
    if target.requests:
        path = flaw.url.partition("?")[0]
        return tuple(r for r in target.requests if r.method == flaw.method and r.url.partition("?")[0] == path)[:1]
    request = _request(flaw)
    if request is None:
        return ()
    return tuple(dict.fromkeys([request, *(ApiRequest("", "GET", page) for page in _shows_on(flaw))]))


def _request(flaw: FoundFlaw) -> ApiRequest | None:
    if len(flaw.url) > LONGEST or len(flaw.request) > LARGEST or HIDDEN in flaw.url + flaw.request:
        return None
    parts = urlsplit(flaw.url)
    query = "" if flaw.parameter == QUERY else _harmless(parts.query, flaw.parameter)
    url = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))
    if flaw.method in METHODS_WITHOUT_BODY:
        return ApiRequest("", flaw.method, url)
    head, has_body, body = flaw.request.partition("\n\n")
    named = re.search(r"^Content-Type: (\S+)", head, re.MULTILINE)
    kind = named[1] if named else ""
    if not has_body:
        return ApiRequest("", flaw.method, url)
    if MULTIPART in kind:  # where a part ends is not to be seen in what is stored
        return None
    return ApiRequest("", flaw.method, url, (), _harmless(body, flaw.parameter) if FORM in kind else body, kind)


def _harmless(pairs: str, parameter: str) -> str:
    """Urlencoded pairs with a harmless value in place of the attack: what it begins with, if that is a plain word."""
    given = [
        (name, (re.match(r"[A-Za-z0-9]*", value) or [""])[0] or HARMLESS if name == parameter else value)
        for name, value in parse_qsl(pairs, keep_blank_values=True)
    ]
    return urlencode(given, quote_via=quote)


def _shows_on(flaw: FoundFlaw) -> list[str]:
    """The pages on which something stored shows: the one its description tells, and that of the request itself."""
    if flaw.module != "permanentxss":
        return []
    told = flaw.info.partition(" found in ")[2].partition(" by ")[0]
    own = flaw.url.partition("?")[0]
    return list(dict.fromkeys([told if urlsplit(told)[:2] == urlsplit(own)[:2] else own, own]))
