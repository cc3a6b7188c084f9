"""Signs in to a target and makes sure of it: with a form, with HTTP basic, or with a header."""

from dataclasses import replace

from analyses.prescan.connection import Deadline, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session, SignInFailed, SignInMethod
from analyses.prescan.sign_in_form import sign_in_by_form
from analyses.prescan.sign_in_header import sign_in_by_header
from analyses.targets import parse_target

__all__ = ["SignInFailed", "session_for", "sign_in"]


def session_for(target: PrescanTarget, *, seconds: float = 60.0) -> Session:
    """Sign in as configured, within `seconds`, and look up the target's addresses, all of them allowed.

    Raises SignInFailed, also when the target cannot be reached or is no longer allowed.
    """
    try:
        network = Network(target, Deadline(seconds))
        addresses = network.addresses(parse_target(target.url))
        return replace(sign_in(network)[0], addresses=addresses)
    except CheckFailed as error:
        cause = target.sign_in.struck_from(error.cause)
        locked = isinstance(error, SignInFailed) and error.locked
        raise SignInFailed(cause, error.advice, locked=locked, unanswered=error.status is None) from None


def sign_in(network: Network) -> tuple[Session, str]:
    """Sign in over `network`; answers the session, and what was seen, for people. Raises CheckFailed."""
    settings = network.target.sign_in
    if settings.method is SignInMethod.NONE:
        return Session(), ""
    if not settings.secret:
        raise SignInFailed("No password or header value is given", "Enter it in the sign-in settings.")
    if settings.method is SignInMethod.FORM:
        return sign_in_by_form(network)
    return sign_in_by_header(network)
