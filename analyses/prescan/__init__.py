"""The prescan: can this target be reached, is it the right one, and does signing in work?

`run` goes through `checks.CHECKS` in their order. The first failure ends it; the steps after it are kept as
skipped, so that every prescan has the same steps.
"""

import logging
import time
import traceback
from collections.abc import Callable

from analyses.prescan.checks import CHECKS, Check, NotNeeded, Visit
from analyses.prescan.contract import CheckFailed, Outcome, PrescanResult, PrescanTarget, Step
from analyses.prescan.stages import Stages
from analyses.said import said as _
from analyses.said import said_by
from analyses.statuses import ScanStatus

__all__ = ["run"]

log = logging.getLogger(__name__)

_NOT_REACHED = _("An earlier check failed")


def run(
    target: PrescanTarget, *, seconds: float, tell: Callable[[int, Step], None] = lambda _position, _step: None
) -> PrescanResult:
    """Check one target within `seconds`. Never raises for anything the network or the target does.

    `tell` is called with each step as soon as it is known.
    """
    visit = Visit.of(target, seconds)
    steps: list[Step] = []
    failure: ScanStatus | None = None
    for position, check in enumerate(CHECKS):
        if failure:
            step = Step(check.name, Outcome.SKIPPED, _NOT_REACHED)
        else:
            step, failure = _step(check, visit)
        steps.append(step)
        tell(position, step)
    failed = next((step for step in steps if step.outcome is Outcome.FAILED), None)
    if failed is None:
        return PrescanResult(
            tuple(steps), session=visit.session, start_urls=visit.start_urls, excluded_urls=visit.excluded_urls
        )
    return PrescanResult(tuple(steps), failure, failed.cause, failed.advice)


def _step(check: Check, visit: Visit) -> tuple[Step, ScanStatus | None]:
    started = time.monotonic()
    visit.screenshot, visit.stages = b"", Stages()
    outcome, advice, failure = Outcome.PASSED, "", None
    try:
        cause = check.look(visit)
    except NotNeeded as reason:
        outcome, cause = Outcome.SKIPPED, said_by(reason)
    except CheckFailed as error:
        outcome, cause, advice = Outcome.FAILED, error.cause, error.advice
        failure = error.status or check.failure
        visit.screenshot = error.screenshot
    except Exception as error:
        # What a target can do to a parser is not foreseeable. The message may quote it, so only the place is kept.
        log.error("The check %s broke: %s\n%s", check.name, type(error).__name__, _place(error))
        outcome, failure = Outcome.FAILED, check.failure
        cause = _("The target's answer could not be understood (%(name)s)", name=type(error).__name__)
        advice = _("Submit again; if it repeats, tell an administrator, who finds the place in the log.")
    stages = visit.shown_stages() if visit.target.pictures else ()
    milliseconds = round((time.monotonic() - started) * 1000)
    cause = visit.target.sign_in.struck_from(cause)
    return Step(check.name, outcome, cause, advice, milliseconds, visit.screenshot, stages), failure


def _place(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__))
