"""The prescan's checks, in their order. Each one says what it saw, or raises CheckFailed or NotNeeded."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from analyses.prescan.certificates import named_certificate, validity_problem
from analyses.prescan.connection import TLS_SECONDS, Deadline, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session, SignInMethod, Stage
from analyses.prescan.crawl_script import crawl
from analyses.prescan.handshake import told_of_certificate
from analyses.prescan.pictures import picture_of
from analyses.prescan.places import is_scanned, reached_places
from analyses.prescan.proof import check_address, settings_address, sign_in_hosts
from analyses.prescan.sign_in import sign_in
from analyses.prescan.specification import answering_endpoints
from analyses.prescan.stages import Stages, View
from analyses.prescan.visitor import MOST_BYTES, Page, Visitor, answered
from analyses.said import Count, joined, said_by
from analyses.said import said as _
from analyses.statuses import ScanStatus
from analyses.targets import Address, InvalidTarget, parse_target, refusal


class NotNeeded(Exception):
    """The check does not apply to this target; the message says why."""


@dataclass
class Visit:
    """One prescan under way: what it is of, and what it has come to."""

    target: PrescanTarget
    network: Network
    session: Session = field(default_factory=Session)
    start_urls: tuple[str, ...] = ()
    excluded_urls: tuple[str, ...] = ()
    screenshot: bytes = b""  # of the check under way
    stages: Stages = field(default_factory=Stages)  # of the check under way
    _pictured: dict[View, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, target: PrescanTarget, seconds: float) -> "Visit":
        return cls(target, Network(target, Deadline(seconds)))

    @property
    def address(self) -> Address:
        return parse_target(self.target.url)

    @property
    def signs_in(self) -> bool:
        return self.target.sign_in.method is not SignInMethod.NONE

    def shown_stages(self) -> tuple[Stage, ...]:
        """What the check under way did, with pictures of the pages that it saw without a browser."""
        return self.stages.finished(self.target, {view: self.pictured(view) for view in self.stages.views})

    def pictured(self, view: View) -> bytes:
        """A picture of a page, taken once."""
        if view not in self._pictured:
            self._pictured[view] = picture_of(self.network, view.session, view.address)
        return self._pictured[view]


@dataclass(frozen=True)
class Check:
    """A check, and the scan status of its failure."""

    name: str
    look: Callable[[Visit], str]
    failure: ScanStatus


def allowed_target(visit: Visit) -> str:
    """The address can be read, and administrators allow it."""
    target = visit.target
    try:
        parse_target(target.url)
    except InvalidTarget as error:
        raise CheckFailed(said_by(error), _("Correct the address of the scan.")) from error
    if reason := refusal(target.url, target.allowed, target.own):
        raise CheckFailed(reason, _("Ask an administrator to allow it, or correct the address."))
    return _("%(address)s is allowed", address=visit.address.spot)


def name(visit: Visit) -> str:
    """The name exists, and leads to nothing that must not be reached."""
    found = visit.network.addresses(visit.address)
    if visit.address.ip:
        raise NotNeeded(_("The target is given by its IP address"))
    named = {"host": visit.address.host, "addresses": ", ".join(found[:4])}
    return _("%(host)s is %(addresses)s and more", **named) if found[4:] else _("%(host)s is %(addresses)s", **named)


def connection(visit: Visit) -> str:
    """Something listens there."""
    with visit.network.connect(visit.address) as open_connection:
        ip = open_connection.getpeername()[0]
    return _("%(ip)s accepts connections at port %(port)s", ip=ip, port=visit.address.port)


def tls(visit: Visit) -> str:
    """The certificate is valid, and for this host."""
    if visit.address.scheme == "http":
        raise NotNeeded(_("The address begins with http://"))
    network = visit.network
    pem = visit.target.client_certificate
    if pem and (problem := validity_problem(pem)):
        raise CheckFailed(
            problem, _("Upload one that is valid, in the sign-in settings."), ScanStatus.AUTHENTICATION_ERROR
        )
    open_connection = network.connect(visit.address)
    with network.secured(open_connection, visit.address.host, network.deadline.left(TLS_SECONDS)) as secured:
        version, certificate = secured.version(), secured.getpeercert() or {}
    if pem:
        shown = {"certificate": named_certificate(pem), "address": visit.address.spot}
        visit.stages.tell(_("Offered the client certificate %(certificate)s at %(address)s", **shown))
    until = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    day = f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d}"
    return _("%(version)s, certificate valid until %(day)s", version=version, day=day)


def further_hosts(visit: Visit) -> str:
    """The twin and the allowed hosts are allowed, exist and listen."""
    if not (visit.target.both_schemes or visit.target.allowed_hosts):
        raise NotNeeded(_("The scan keeps to its own address"))
    return _("%(hosts)s can be reached", hosts=", ".join(reached_places(visit.network)))


def http(visit: Visit) -> str:
    """The target answers with a page, in scope."""
    if visit.target.requests:
        return _answers(visit)
    page = Visitor(visit.network).visit(visit.address, _stays(visit))
    if page.next is not None:
        return _("%(page)s leads to the sign-in", page=page.address.shown)
    seen = _judged(page, visit)
    if visit.target.pictures and not visit.signs_in:
        visit.screenshot = visit.pictured(View(page.address, visit.session))
    cut = _("only its first %(count)s bytes were read", count=Count(MOST_BYTES)) if page.cut else ""
    return joined(seen, cut, by="; ")


def signed_in(visit: Visit) -> str:
    """Signing in works."""
    if not visit.signs_in:
        raise NotNeeded(_("No sign-in is configured"))
    try:
        found = sign_in(visit.network, sign_out=True, stages=visit.stages)
    except CheckFailed as failure:
        if visit.target.pictures and not failure.screenshot:
            failure.screenshot = visit.pictured(View(_sign_in_page(visit.target), Session()))
        raise
    visit.session, visit.excluded_urls, visit.screenshot = found.session, found.excluded, found.screenshot
    if visit.target.pictures and not visit.screenshot:
        visit.screenshot = visit.pictured(View(check_address(visit.target), visit.session))
    return found.seen


def _sign_in_page(target: PrescanTarget) -> Address:
    return settings_address(target.sign_in.login_url or target.url)


def specification(visit: Visit) -> str:
    """An API has the endpoints of its specification, and answers there."""
    if not visit.target.requests:
        raise NotNeeded(_("It is no API"))
    return answering_endpoints(visit.network, visit.session)


def crawl_script(visit: Visit) -> str:
    """The recorded script can be played to its end."""
    if not visit.target.crawl_script:
        raise NotNeeded(_("There is no crawl script"))
    visit.start_urls, seen, visit.screenshot = crawl(visit.network, visit.session)
    return seen


def _stays(visit: Visit) -> Callable[[Address], bool]:
    """Follow redirects within the scope. One that leads to the sign-in is the end; any other is a failure."""
    hosts = sign_in_hosts(visit.target) if visit.signs_in else frozenset()

    def may_go(following: Address) -> bool:
        if is_scanned(following, visit.target):
            return True
        if following.host in hosts:
            return False
        raise CheckFailed(
            _("%(page)s redirects to %(other)s, outside of its scope", page=visit.address.shown, other=following.shown),
            _("If that is what you want to scan, use it as the address; widen the scope, or add a further host."),
            ScanStatus.VERIFICATION_FAILED,
        )

    return may_go


def _answers(visit: Visit) -> str:
    """An API answers with anything: what is at its base URL is often nothing at all. Its endpoints are asked later."""
    page = Visitor(visit.network).fetch(visit.address)
    if page.status == 429 or page.status >= 500:
        return _judged(page, visit)
    return joined(answered(page), _("an API need not have a page there"), by="; ")


def _judged(page: Page, visit: Visit) -> str:
    if failure := told_of_certificate(page.status, page.text):
        raise failure
    if page.status < 400:
        return answered(page)
    if page.status in (401, 403):
        if visit.signs_in:
            return _("%(answer)s, as is expected before signing in", answer=answered(page))
        raise CheckFailed(
            _("%(answer)s: it wants a sign-in", answer=answered(page)),
            _("Configure how to sign in. If the page is public, its firewall may refuse the scan's machine."),
            ScanStatus.AUTHENTICATION_ERROR,
        )
    if page.status >= 500:
        raise CheckFailed(answered(page), _("Look into the site's own log, and repair it first."))
    if page.status == 429:
        raise CheckFailed(answered(page), _("Exempt the machine that runs the scans from the limit."))
    raise CheckFailed(
        answered(page),
        _("Open the address in a browser, and use one that shows a page."),
        ScanStatus.VERIFICATION_FAILED,
    )


CHECKS = (
    Check(_("Allowed target"), allowed_target, ScanStatus.VERIFICATION_FAILED),
    Check(_("Name"), name, ScanStatus.CONNECTION_ERROR),
    Check(_("Connection"), connection, ScanStatus.CONNECTION_ERROR),
    Check("TLS", tls, ScanStatus.CONNECTION_ERROR),
    Check(_("Further hosts"), further_hosts, ScanStatus.CONNECTION_ERROR),
    Check("HTTP", http, ScanStatus.CONNECTION_ERROR),
    Check("Sign-in", signed_in, ScanStatus.AUTHENTICATION_ERROR),
    Check(_("Specification"), specification, ScanStatus.VERIFICATION_FAILED),
    Check(_("Crawl script"), crawl_script, ScanStatus.CRAWL_SCRIPT_ERROR),
)
