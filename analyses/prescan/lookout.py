"""Watches a target while it is scanned: does it still answer, is the scan still signed in?

In a thread of its own, because a target that does not answer must not hold up whoever drives the engine.
"""

import logging
import threading
from dataclasses import dataclass, replace

from analyses.prescan.bounds import sign_in_seconds
from analyses.prescan.connection import Deadline, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session, SignInFailed, SignInMethod
from analyses.prescan.proof import BY_HAND, check_address, is_sign_in_page, locked, prove, refuses
from analyses.prescan.sign_in import sign_in
from analyses.prescan.sign_in_script import visit
from analyses.prescan.visitor import Page, Visitor, named_status
from analyses.said import Count
from analyses.said import said as _
from analyses.targets import Address, parse_target

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0  # how long one look may take
SIGN_IN_SECONDS = 30.0


@dataclass(frozen=True)
class Seen:
    """What the lookout has come to. Causes are texts for people, empty while all is well.

    `session` is the newest one; `renewals` counts how often it was lost and obtained again, `lost` says why the last
    time.
    """

    session: Session
    signs_in: bool = False
    renewals: int = 0
    lost: str = ""
    signed_out: str = ""  # it is not signed in at the moment
    unreachable: str = ""
    locked_out: str = ""


class Lookout:
    """Looks at one target every `every` seconds until it is closed, or there is nothing more to find out.

    `failures` looks in a row without an answer make it unreachable; as many failed sign-ins in a row, or the
    target's own word, make it a lockout.
    """

    def __init__(self, target: PrescanTarget, session: Session, *, every: float, failures: int, sign_ins: int):
        self._target = target
        self._every = every
        self._failures, self._sign_ins = failures, sign_ins
        self._unanswered = self._refused = 0
        self._seen = Seen(session, target.sign_in.method is not SignInMethod.NONE)
        self._over = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="lookout", daemon=True)

    @property
    def seen(self) -> Seen:
        """What is known by now."""
        return self._seen

    def __enter__(self) -> "Lookout":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()  # a look under way is bounded; nobody waits for it

    def look(self) -> bool:
        """Look at once. True when looking again would tell more: it has not answered, but not often enough."""
        with self._looking:
            if not self._is_done:
                try:
                    self._seen = self._look()
                except Exception as error:
                    # What a target can do to a parser is not foreseeable: it has answered. Its words are not logged.
                    log.error("A look at a target broke: %s", type(error).__name__)
                    self._unanswered = 0
            return bool(self._unanswered) and not self._is_done

    @property
    def _is_done(self) -> bool:
        return bool(self._seen.unreachable or self._seen.locked_out)

    def _watch(self) -> None:
        while not self._over.wait(self._every) and not self._is_done:
            self.look()

    def _look(self) -> Seen:
        seen = self._seen
        try:
            page = self._ask()
        except SignInFailed as failure:  # a redirect to somewhere else: it wants a sign-in
            return self._sign_in_again(failure) if seen.signs_in else self._not_answered(failure)
        except CheckFailed as failure:
            return self._not_answered(failure)
        self._unanswered = 0
        if not seen.signs_in or page.status >= 500:
            return seen  # it answers, and says nothing about the sign-in
        try:
            self._judge(page)
        except SignInFailed as failure:
            return self._sign_in_again(failure)
        except CheckFailed:  # it leads out of scope now: not a matter of being signed in
            return seen
        self._refused = 0
        return replace(seen, signed_out="")

    def _ask(self) -> Page:
        """The page on which being signed in shows, or else the target's own, asked for with the session."""
        network = Network(self._target, Deadline(LOOK_SECONDS))
        if not self._seen.signs_in:
            return Visitor(network).fetch(parse_target(self._target.url))
        return visit(network, self._seen.session, self._asked)

    @property
    def _asked(self) -> Address:
        """The address at which a lost session shows."""
        witness = self._seen.session.witness
        return parse_target(witness) if witness else check_address(self._target)

    def _judge(self, page: Page) -> None:
        """Make sure that a page is what a signed-in person gets. Raises CheckFailed."""
        session = self._seen.session
        if not session.witness and not session.rendered:
            prove(page, self._target)
        elif failure := locked(page):
            raise failure
        elif page.status in (401, 403):
            answer = {"page": self._asked.shown, "status": named_status(page.status)}
            raise SignInFailed(_("%(page)s answered %(status)s", **answer), BY_HAND)
        elif refuses(page, self._asked) if session.witness else is_sign_in_page(page, self._target):
            raise SignInFailed(
                _("%(page)s leads to %(other)s", page=self._asked.shown, other=page.address.shown), BY_HAND
            )

    def _not_answered(self, failure: CheckFailed) -> Seen:
        self._unanswered += 1
        if self._unanswered < self._failures:
            return self._seen
        why = {"cause": self._told(failure), "count": Count(self._unanswered)}
        return replace(self._seen, unreachable=_("%(cause)s, %(count)s times in a row", **why))

    def _sign_in_again(self, lost: SignInFailed) -> Seen:
        seen = replace(self._seen, signed_out=self._told(lost))
        if lost.locked:
            return replace(seen, locked_out=seen.signed_out)
        try:
            seconds = sign_in_seconds(self._target, SIGN_IN_SECONDS)
            session = sign_in(Network(self._target, Deadline(seconds))).session
        except SignInFailed as failure:
            self._refused += 1
            self._unanswered = 0
            seen = replace(seen, signed_out=self._told(failure))
            if failure.locked:
                return replace(seen, locked_out=seen.signed_out)
            if self._refused >= self._sign_ins:
                why = {"count": Count(self._refused), "cause": seen.signed_out}
                return replace(seen, locked_out=_("Signing in failed %(count)s times in a row: %(cause)s", **why))
            return seen
        except CheckFailed as failure:
            return self._not_answered(failure)
        self._refused = self._unanswered = 0
        session = replace(session, addresses=seen.session.addresses, places=seen.session.places)
        return replace(seen, session=session, renewals=seen.renewals + 1, lost=self._told(lost), signed_out="")

    def _told(self, failure: CheckFailed) -> str:
        return self._target.sign_in.struck_from(failure.cause)
