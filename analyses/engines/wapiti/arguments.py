"""What Wapiti is told: a target becomes a list of options, none of which a target's text can add to or change.

Every value is part of its option's own word (`--option=value`), modules and scopes come from fixed lists, and text
that could end a line is refused. The list travels through a pipe, never over a command line.
"""

import ipaddress
import json
import re
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from django.conf import settings

from analyses.addresses import Address
from analyses.engines.contract import Cookie, EngineError, Place, Speed, Target
from analyses.engines.wapiti import api
from analyses.engines.wapiti.folder import Folder
from analyses.engines.wapiti.reach import covers
from analyses.said import said as _

NOWHERE = "http://127.0.0.1:9/"  # in place of Wapiti's own servers
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LARGEST_FILE = 4 * 1024**3  # bytes; a session keeps every page it read
SIMULTANEOUS_REQUESTS = {Speed.SLOW: 1, Speed.NORMAL: 8, Speed.FAST: 16}
# Wapiti sends more than one at a time even so, and knows no rate: where there is one, the launcher sees to both.
SECONDS_APART = {Speed.SLOW: 0.2}
DEEPEST, MOST_LINKS_PER_PAGE, MOST_FILES_PER_FOLDER = 20, 100, 500


@dataclass(frozen=True)
class Plan:
    """How narrow a run is. `depth` 0 reads the start addresses and follows nothing."""

    modules: tuple[str, ...]
    depth: int = DEEPEST
    skip_crawl: bool = False


def job(target: Target, plan: Plan, folder: Folder, way_out: tuple[int, str]) -> bytes:
    """What the launcher is told: one line. Raises EngineError for a target that no engine should be given.

    `way_out` are the port of the egress proxy and what it wants to be shown.
    """
    authorities = ssl.get_default_verify_paths()
    told = {
        "arguments": _arguments(target, plan, folder),
        "way_out": way_out,
        "further": _further(target),
        "sending": {
            "origin": _origin(target.url),
            "headers": [[_header(name), _one_line(value, name)] for name, value in _headers(target)],
            "certificate": target.client_certificate,
            "seconds_apart": SECONDS_APART.get(target.speed, 0.0),
            "counted_in": str(folder.counts),
        },
        "requests": api.asked(target),
        "authorities": [authorities.cafile, authorities.capath, _strictness()],
        "memory": settings.ENGINE_MEMORY_MIB * 1024**2,
        "file_size": LARGEST_FILE,
        "patience": settings.LEASE_SECONDS,
    }
    return json.dumps(told).encode() + b"\n"


@cache
def _strictness() -> int:
    """How strictly this interpreter judges certificates, and so the prescan did."""
    return ssl.create_default_context().verify_flags


def _arguments(target: Target, plan: Plan, folder: Folder) -> list[str]:
    url, scope = _reach(target.everywhere[0])
    if target.requests:
        url = checked(api.base(target))  # the base URL of an API is no page in a folder: it is the folder
    options = {
        "url": url,
        "scope": "page" if scope == "directory" else scope,
        "module": ",".join(plan.modules),
        "level": 1,
        "depth": plan.depth,
        "max-links-per-page": MOST_LINKS_PER_PAGE,
        "max-files-per-dir": MOST_FILES_PER_FOLDER,
        "tasks": SIMULTANEOUS_REQUESTS[target.speed],
        "timeout": float(target.request_seconds),
        "verify-ssl": 1,
        "store-session": folder.session,
        "store-config": folder.config,
        "format": "json",
        "output": folder.report,
        "verbose": 2,
        "endpoint": NOWHERE,
        "dns-endpoint": "localhost",
        "user-agent": _one_line(target.user_agent, _("user agent"))
        or f"Mozilla/5.0 (compatible; Vedette/{settings.VERSION})",
        "cookie": folder.cookies,
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    words += [f"--start={start}" for start in _starts(target)]
    words += [f"--exclude={pattern}" for text in target.excluded for pattern in _patterns(target, url, text)]
    words += ["--no-bugreport"]
    return [*words, "--skip-crawl"] if plan.skip_crawl else words


def checked(url: str) -> str:
    """An http(s) address without its fragment. Raises EngineError for anything else."""
    if not url.isprintable() or " " in url:
        raise EngineError(_("An address contains a space or an invisible character."))
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise EngineError(_("An address is not one of http or https."))
    if "@" in parts.netloc:
        raise EngineError(_("An address contains a user name or a password."))
    return urlunsplit(parts._replace(path=parts.path or "/", fragment=""))


def _reach(place: Place) -> tuple[str, str]:
    """The address that a scope is set by, and how far it goes from there, see `reach`.

    Wapiti's own wider scopes reach other ports, and other hosts below the same domain; only one origin was allowed.
    """
    start = checked(place.url)
    if place.scope == "page":
        return start, "page"
    if place.scope not in ("directory", "folder", "domain"):
        raise EngineError(_("The scan engine has no scope named %(name)s.", name=repr(place.scope)))
    how = "directory" if place.scope == "directory" else "folder"
    return urljoin(start, "/" if place.scope == "domain" else "."), how


def _further(target: Target) -> list[tuple[str, str]]:
    """What is scanned beside what Wapiti itself takes for its scope.

    Wapiti has no scope for a directory without its subdirectories: it is given the page that the directory is, and
    all others are further ones.
    """
    own, *places = _reaches(target)
    return [own, *places] if own[1] == "directory" else places


def _reaches(target: Target) -> list[tuple[str, str]]:
    return [(address.partition("?")[0], how) for address, how in map(_reach, target.everywhere)]


def _starts(target: Target) -> list[str]:
    """The addresses to begin with beside the one that sets the scope: those in scope, each once."""
    own, *others = [checked(place.url) for place in target.everywhere]
    wanted = [own, *others, *(checked(urljoin(own, address)) for address in target.start_urls)]
    base, _ = _reach(target.everywhere[0])
    reaches = _reaches(target)
    return [url for url in dict.fromkeys(wanted) if url != base and any(covers(*reach, url) for reach in reaches)]


def _patterns(target: Target, base: str, excluded: str) -> list[str]:
    """Wapiti's patterns for an address to leave alone, in which only * means something.

    What is excluded at the target is excluded at its twin, and the other way round: they are one site.
    """
    address = checked(urljoin(base, excluded.strip()))
    scheme, host, _ = _origin(target.url)
    twins = [_root(place.url) for place in target.places if _host(place.url) == host and _scheme(place.url) != scheme]
    root, one_site = _root(address), dict.fromkeys([_root(target.url), *twins])
    spellings = [other + address.removeprefix(root) for other in one_site] if root in one_site else [address]
    if address.endswith("/") and "?" not in address:
        return [f"{spelling}*" for spelling in spellings]
    with_more = "&*" if "?" in address else "?*"
    return [pattern for spelling in spellings for pattern in (spelling, spelling + with_more)]


def _root(url: str) -> str:
    return urljoin(checked(url), "/")


def _host(url: str) -> str:
    return _ascii(urlsplit(checked(url)).hostname or "")


def _scheme(url: str) -> str:
    return urlsplit(url).scheme


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(checked(url))
    return parts.scheme, _host(url), parts.port or (443 if parts.scheme == "https" else 80)


def spots(target: Target) -> list[tuple[Address, tuple[str, ...]]]:
    """The hosts and ports that may be connected to, and at which addresses, as far as these are known.

    Raises EngineError.
    """
    return [(Address(*_origin(place.url)), place.addresses) for place in target.everywhere]


def _headers(target: Target) -> list[tuple[str, str]]:
    return [(name, value) for name, value in target.headers if name.strip().lower() != "cookie"]


def _header(name: str) -> str:
    if not HEADER_NAME.fullmatch(name):
        raise EngineError(_("The name of a header contains characters that no header has."))
    return name


def _one_line(value: str, what: str) -> str:
    """The value without the space around it. Raises EngineError, which does not repeat it, for control characters."""
    if any((ord(character) < 32 and character != "\t") or ord(character) == 127 for character in value):
        raise EngineError(_("The %(what)s contains a line break or another control character.", what=what))
    return value.strip()


def cookie_file(target: Target) -> dict[str, Any]:
    """The cookies of a target as Wapiti reads them, under the names its cookie jar knows their hosts by."""
    host = (urlsplit(target.url).hostname or "").lower()
    known: dict[str, Any] = {_jar_name(host): {}}  # Wapiti 3.2 fails when its host is not among them
    for cookie in [*_cookies_of_headers(target, host), *target.cookies]:
        domain = cookie.domain.lower().strip(".").removesuffix(".local").strip("[]") or host
        if domain != host and not host.endswith(f".{domain}"):
            continue
        of_path = known.setdefault(_jar_name(domain), {}).setdefault(cookie.path or "/", {})
        of_path[_one_line(cookie.name, _("name of a cookie"))] = {
            "value": _one_line(cookie.value, _("value of a cookie")),
            "expires": None,
            "secure": cookie.secure,
            "port": None,
            "version": 0,
        }
    return known


def _cookies_of_headers(target: Target, host: str) -> list[Cookie]:
    """Cookies given as a header: Wapiti 3.3 drops that header in favour of its own jar."""
    pairs = [
        pair.strip().partition("=")
        for name, value in target.headers
        if name.strip().lower() == "cookie"
        for pair in value.split(";")
    ]
    # They are the target's alone: never sent in the open to its http twin.
    secure = urlsplit(target.url).scheme == "https"
    return [Cookie(name, value, host, secure=secure) for name, _, value in pairs if name]


def _jar_name(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f".{host}" if "." in host else f".{host}.local"
    return str(address) if address.version == 4 else f"[{host}].local"


def secrets(target: Target) -> list[str]:
    """The texts of a target that must not be repeated anywhere, the longest first."""
    values = [cookie.value for cookie in target.cookies]
    for name, value in target.headers:
        values += [value, *re.split(r"[\s;=,]+", value)] if name.lower() != "cookie" else re.split(r"[\s;=]+", value)
    return sorted({value for value in values if len(value) >= 6}, key=len, reverse=True)


def _ascii(host: str) -> str:
    try:
        return host.lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        return host.lower().rstrip(".")
