"""The signs of life of a claimed scan. With each of them it is asked whether what the scan reaches is still allowed."""

from collections.abc import Iterable

from django.conf import settings

from analyses import lifecycle
from analyses.engines.contract import Place, Progress
from analyses.lifecycle import Claim, Orders
from analyses.targets import AllowedNow, withdrawal


class Withdrawn(Exception):
    """The scan reaches what is no longer allowed: whoever drives it ends at once. The message is for people."""


class Pulse:
    """Beats for one claim. `allowed` is what everything that connects for the scan is judged by, kept up to date."""

    def __init__(self, held: Claim, urls: Iterable[str] = ()):
        self.held = held
        self.allowed = AllowedNow(lifecycle.allowed_patterns(held.analysis_id))
        self._places: list[tuple[str, tuple[str, ...]]] = [(url, ()) for url in urls]

    def keep_to(self, places: Iterable[Place]) -> None:
        """Ask from now on about the IP addresses, too, at which the places of the scan are reached."""
        self._places += [(place.url, place.addresses) for place in places]

    def beat(self, progress: Progress | None = None, *, moved: bool = True) -> Orders:
        """Renew the lease, with the progress made. Raises LostClaim, Withdrawn."""
        orders = lifecycle.heartbeat(self.held, progress, moved=moved)
        self.allowed.renew(orders.allowed)
        if orders.halted:
            raise Withdrawn(orders.halted)
        if cause := withdrawal(self._places, orders.allowed, settings.SITE_URL):
            raise Withdrawn(cause)
        return orders

    def end(self) -> None:
        """Nobody drives the scan from here any more: what still connects for it is refused."""
        self.allowed.renew(())
