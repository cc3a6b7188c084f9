"""The guard connects to the ports that are allowed of a host or a network, and to none beside them."""

import pytest

from analyses.egress.guard import Guard, Refused
from analyses.targets import AllowedNow, parse_target
from tests.targets import sites
from tests.targets.serving import serve


def connects(allowed, url: str) -> bool:
    with Guard(allowed).connect(parse_target(url), 5, 5):
        return True


@pytest.mark.parametrize("pattern", ["127.0.0.1:{0}-{1}", "127.0.0.0/8:{0}-{1}", "localhost:{0}-{1}"])
def test_within_the_range_and_not_beside_it(pattern):
    with serve(sites.plain) as site:
        host = pattern.partition(":")[0] if pattern.startswith("localhost") else "127.0.0.1"
        url = f"http://{host}:{site.port}/"
        assert connects([pattern.format(site.port, site.port)], url)
        assert connects([pattern.format(max(1, site.port - 50), min(65535, site.port + 50))], url)
        for first, last in ((1, site.port - 1), (site.port + 1, 65535)):
            with pytest.raises(Refused):
                connects([pattern.format(first, last)], url)


def test_a_connection_ends_when_its_port_is_taken_from_the_range():
    with serve(sites.plain) as site:
        allowed = AllowedNow([f"127.0.0.1:1-{site.port}"])
        guard, address = Guard(allowed), parse_target(site.url)
        assert guard.still_allows(address, "127.0.0.1")
        allowed.renew([f"127.0.0.1:1-{site.port - 1}"])
        assert not guard.still_allows(address, "127.0.0.1")
