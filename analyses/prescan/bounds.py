"""How long a prescan, or a sign-in, of a target may take: scripts and one-time codes need more than requests."""

from analyses.prescan.contract import PrescanTarget, SignInMethod
from analyses.prescan.playing import MOST_SECONDS
from analyses.prescan.totp import MOST_WAIT


def sign_in_seconds(target: PrescanTarget, seconds: float) -> float:
    """`seconds` for the requests, and what a login script and one-time codes may take besides."""
    scripted = target.sign_in.method is SignInMethod.SCRIPT
    return seconds + (MOST_SECONDS if scripted else 0) + (MOST_WAIT if target.sign_in.totp_secret else 0)


def prescan_seconds(target: PrescanTarget, seconds: float) -> float:
    """`seconds` for the requests, and what its scripts and one-time codes may take besides."""
    signing_in = sign_in_seconds(target, 0)
    scripted = target.sign_in.method is SignInMethod.SCRIPT
    trying_out = signing_in + MOST_SECONDS if scripted and target.sign_in.logout_script else 0
    return seconds + signing_in + trying_out + (MOST_SECONDS if target.crawl_script else 0)
