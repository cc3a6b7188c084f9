"""Pictures of what a session sees, for signing in that needs no browser: so that people can look for themselves."""

from analyses.prescan.connection import Network
from analyses.prescan.contract import CheckFailed, Session
from analyses.prescan.playing import picture, play
from analyses.prescan.side import Command
from analyses.prescan.spots import Steps
from analyses.targets import Address


def picture_of(network: Network, session: Session, address: Address) -> bytes:
    """A JPEG of a page as this session gets it in a browser; empty where none can be taken."""
    command = Command("Picture", 1, "open", address.url, "", None)
    try:
        return picture(play(network, session, Steps((command,), {0: address}, anywhere=True)))
    except CheckFailed as failure:
        return failure.screenshot
