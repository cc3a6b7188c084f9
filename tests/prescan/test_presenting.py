"""A browser at a site that asks for a client certificate: the way out presents it, to that site and for us alone."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from analyses.egress.proxy import Proxy
from analyses.prescan.connection import Deadline, Network
from analyses.prescan.contract import PrescanTarget, SignIn, SignInMethod
from analyses.prescan.presenting import presenting
from analyses.targets import parse_target
from tests.egress.talking import Talk
from tests.prescan.conftest import LOOPBACK, prescan_of
from tests.prescan.scripts import side
from tests.targets import sites
from tests.targets.serving import Answer, serve
from tests.targets.single_page import SinglePage

LOGIN = side(
    ("open", "/"), ("type", "id=user", "alice"), ("type", "id=pass", "correct horse"), ("click", "id=go"),
    ("waitForText", "css=h1", "Welcome, alice"),
)  # fmt: skip


@pytest.mark.browser
@pytest.mark.usefixtures("nothing_is_left")
def test_scripts_are_played_at_a_site_that_asks_for_a_certificate(authority):
    sign_in = SignIn(SignInMethod.SCRIPT, login_script=LOGIN, check_text="Welcome, alice")
    with serve(SinglePage(), tls=authority.context("127.0.0.1", asks=True)) as site:
        pem = authority.person("alice.test").pem
        script = side(("open", "/"), ("waitForText", "css=h1", "Welcome, alice"))
        result = prescan_of(site.url, sign_in, crawl_script=script, client_certificate=pem, seconds=60)
        assert {asked.certificate for asked in site.asked} == {"alice.test"}
        assert any("Chrome" in asked.headers["user-agent"] for asked in site.asked)
    assert result.failure is None, result.cause
    assert result.start_urls == (site.url,)


@pytest.mark.browser
@pytest.mark.usefixtures("nothing_is_left")
def test_another_port_does_not_get_it_from_the_browser(authority):
    asking = authority.context("127.0.0.1", asks=True)
    asking.verify_mode = ssl.CERT_OPTIONAL
    with serve(sites.plain, tls=asking) as other:
        with serve(sites.always(Answer(f"<img src='{other.url}'>")), tls=asking) as site:
            script = side(("open", "/"), ("pause", "500"))
            pem = authority.person("alice.test").pem
            prescan_of(site.url, crawl_script=script, client_certificate=pem, allowed_hosts=(other.url,), seconds=60)
        assert other.asked
        assert {asked.certificate for asked in other.asked} == {""}


@contextmanager
def _way_out(site, authority) -> Iterator[Proxy]:
    """A proxy that presents a certificate to a site."""
    target = PrescanTarget(site.url, allowed=LOOPBACK, client_certificate=authority.person("alice.test").pem)
    network, address = Network(target, Deadline(20)), parse_target(site.url)
    between, _ = presenting(network)
    with Proxy(network.guard, [address], between={(address.host, address.port): between}) as proxy:
        yield proxy


def _spoken_to(site, line: Talk) -> bytes:
    """What somebody on this machine gets at the site by the proxy."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if line.tunnel(site.spot) != 200:
        return b""
    with context.wrap_socket(line.connection) as secured:
        secured.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return secured.recv(1000)


def test_it_presents_it_to_whoever_knows_the_password_and_to_nobody_else(authority):
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        with _way_out(site, authority) as proxy:
            assert _spoken_to(site, Talk(proxy)).startswith(b"HTTP/1.1 200")
            assert _spoken_to(site, Talk(proxy, "guessed")) == b""
        assert [asked.certificate for asked in site.asked] == ["alice.test"]


def test_a_site_whose_certificate_is_not_trusted_gets_nothing(authority, monkeypatch):
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        monkeypatch.delenv("SSL_CERT_FILE")
        with _way_out(site, authority) as proxy:
            assert _spoken_to(site, Talk(proxy)) == b""
        assert site.asked == []
