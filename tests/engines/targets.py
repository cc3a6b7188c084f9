"""Targets for the engine's tests: Vedette lets it reach this machine, and what these names lead to."""

from analyses.engines.contract import Target

ALLOWED = ("127.0.0.0/8", "localhost", "*.shop.test")


def a_target(url: str, **others) -> Target:
    return Target(**{"url": url, "allowed": ALLOWED, **others})
