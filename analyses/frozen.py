"""What a run was told to do, read from its frozen configuration: for the prescan, and for the engine."""

from django.conf import settings

from analyses.engines.contract import ApiRequest, EngineError, Speed, Target
from analyses.models import ScanOccurrence, SignInTest
from analyses.models.secrets import revealed
from analyses.prescan.contract import PrescanTarget, Session, SignIn, SignInMethod
from analyses.said import said as _
from analyses.specifications.requests import requests_at
from analyses.targets import AllowedNow


def prescan_target(scan: ScanOccurrence | SignInTest, *, allowed: AllowedNow, pictures: bool = False) -> PrescanTarget:
    """What the prescan has to know of a scan, and what it may reach.

    Raises UnreadableSecret.
    """
    configured = scan.configuration
    return PrescanTarget(
        url=scan.url,
        scope=configured["scope"],
        user_agent=configured["user_agent"],
        allowed=allowed,
        own=settings.SITE_URL,
        both_schemes=configured.get("both_schemes", False),
        allowed_hosts=tuple(configured.get("allowed_hosts", "").split()),
        headers=header_lines(revealed(scan.headers)),
        client_certificate=revealed(scan.client_certificate),
        requests=_requests(scan),
        crawl_script=revealed(scan.crawl_script),
        crawl_script_name=configured.get("crawl_script_name", ""),
        chromium=settings.CHROMIUM,
        pictures=pictures,
        sign_in=SignIn(
            method=SignInMethod(configured["sign_in_method"]),
            login_url=configured["login_url"],
            username=configured["username"],
            secret=revealed(scan.secret),
            header=configured["header"] or "Authorization",
            check_text=configured["check_text"],
            check_url=configured["check_url"],
            logout_url=configured["logout_url"],
            totp_secret=revealed(scan.totp_secret),
            login_script=revealed(scan.login_script),
            logout_script=revealed(scan.logout_script),
            login_script_name=configured.get("login_script_name", ""),
            logout_script_name=configured.get("logout_script_name", ""),
        ),
    )


def engine_target(scan: ScanOccurrence, session: Session, *, allowed: AllowedNow) -> Target:
    """What the engine is given, signed in, and what it may reach.

    Raises UnreadableSecret; EngineError for an API without endpoints.
    """
    configured, requests = scan.configuration, _requests(scan)
    if scan.specification and not requests:  # it would be crawled like a site
        raise EngineError(_("No endpoint of its specification is left to be scanned."))
    return Target(
        url=scan.url,
        scope=configured["scope"],
        excluded=(*configured["excluded_urls"], *scan.left_alone),
        start_urls=tuple(scan.start_urls),
        user_agent=configured["user_agent"],
        cookies=session.cookies,
        headers=(*header_lines(revealed(scan.headers)), *session.headers),
        addresses=session.addresses,
        allowed=allowed,
        own=settings.SITE_URL,
        places=session.places,
        speed=Speed(configured.get("speed", Speed.NORMAL)),
        client_certificate=revealed(scan.client_certificate),
        requests=requests,
    )


def header_lines(text: str) -> tuple[tuple[str, str], ...]:
    """Headers as they are stored, “Name: value” one a line."""
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def _requests(scan: ScanOccurrence | SignInTest) -> tuple[ApiRequest, ...]:
    """The requests of an API, those of endpoints that are left out excepted."""
    if scan.specification is None:
        return ()
    excluded = frozenset(scan.configuration.get("excluded_endpoints", ()))
    return requests_at(scan.url, revealed(scan.specification.requests), excluded)
