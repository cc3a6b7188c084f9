"""Signs in to a target and makes sure of it: with a form, HTTP basic, a header, or a recorded script."""

from dataclasses import replace

from analyses.prescan.connection import Deadline, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session, SignedIn, SignInFailed, SignInMethod
from analyses.prescan.places import judged_places
from analyses.prescan.sign_in_form import sign_in_by_form
from analyses.prescan.sign_in_header import sign_in_by_header
from analyses.prescan.sign_in_script import sign_in_by_script
from analyses.prescan.stages import Stages
from analyses.said import said as _
from analyses.targets import parse_target

__all__ = ["SignInFailed", "session_for", "sign_in"]


def session_for(target: PrescanTarget, *, seconds: float = 60.0) -> Session:
    """Sign in as configured, within `seconds`, and look up the addresses of the target and its places, all allowed.

    Raises SignInFailed, also when the target cannot be reached or is no longer allowed.
    """
    try:
        network = Network(target, Deadline(seconds))
        addresses, places = network.addresses(parse_target(target.url)), judged_places(network)
        return replace(sign_in(network).session, addresses=addresses, places=places)
    except CheckFailed as error:
        cause = target.sign_in.struck_from(error.cause)
        locked = isinstance(error, SignInFailed) and error.locked
        raise SignInFailed(cause, error.advice, locked=locked, unanswered=error.status is None) from None


def sign_in(network: Network, *, sign_out: bool = False, stages: Stages | None = None) -> SignedIn:
    """Sign in over `network`, and with `sign_out` make sure before that the logout script works. Raises CheckFailed.

    `stages` are told what is done.
    """
    stages = stages or Stages()
    settings = network.target.sign_in
    if settings.method is SignInMethod.NONE:
        return SignedIn(Session())
    if settings.method is SignInMethod.SCRIPT:
        if not settings.login_script:
            raise SignInFailed(_("There is no login script"), _("Upload it in the sign-in settings."))
        return sign_in_by_script(network, stages, sign_out=sign_out)
    if not settings.secret:
        raise SignInFailed(_("No password or header value is given"), _("Enter it in the sign-in settings."))
    if settings.method is SignInMethod.FORM:
        return SignedIn(*sign_in_by_form(network, stages))
    return SignedIn(*sign_in_by_header(network, stages))
