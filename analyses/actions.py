"""What a person may ask of an analysis, and in which status it is possible. Pure: knows no models."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from analyses.said import translated
from analyses.statuses import ANALYSIS, ANALYSIS_FINAL, ANALYSIS_LIVE, PAUSABLE, AnalysisStatus, Group


class Action(TextChoices):
    """What a person may ask of an analysis, in the order of the menu."""

    CONFIGURE = "configure", gettext_lazy("Configure Analysis")
    SUBMIT = "submit", gettext_lazy("Submit")
    PRESCAN = "prescan-only", gettext_lazy("Run prescan only")
    RUN_NOW = "run-now", gettext_lazy("Run now")
    WITHDRAW = "withdraw", gettext_lazy("Withdraw from schedule")
    PAUSE = "pause", gettext_lazy("Pause")
    RESUME = "resume", gettext_lazy("Resume")
    PUBLISH = "publish", gettext_lazy("Publish results")
    STOP_SAVE = "stop-save", gettext_lazy("Stop and save results")
    STOP_DELETE = "stop-delete", gettext_lazy("Stop and delete results")
    UNDO_DELETE = "undo-delete", gettext_lazy("Undo deleting results")


@dataclass(frozen=True)
class Situation:
    """What decides beside the status which action is possible."""

    paused: bool = False  # by a person
    repeats: bool = False  # its schedule will submit it again
    due: bool = False  # its scheduled start has come
    winding_down: bool = False  # it has ended, and an engine of it is still at work
    held: bool = False  # everything is verified, and its results wait for a reviewer
    undoable: bool = False  # its results were deleted, and can still be had back


ORDINARY = Situation()
_NOT_WAITING = gettext_lazy("It is not waiting for a scheduled start.")


def refusal(action: Action, status: AnalysisStatus, situation: Situation = ORDINARY) -> str:
    """Why `action` is not possible in `status`, or an empty string when it is. In the reader's language."""
    match action:
        case Action.CONFIGURE:
            return ""
        case Action.SUBMIT | Action.PRESCAN:
            return _start_refusal(status, situation)
        case Action.RUN_NOW | Action.WITHDRAW:
            return _schedule_refusal(action, status, situation)
        case Action.PAUSE | Action.RESUME:
            return _pause_refusal(action, status, situation)
        case Action.PUBLISH:
            return "" if situation.held else _("No verified results of it wait for a reviewer.")
        case Action.UNDO_DELETE:
            return "" if situation.undoable else _undo_refusal(status)
    return _stop_refusal(status, situation)


def _start_refusal(status: AnalysisStatus, situation: Situation) -> str:
    if situation.winding_down:
        return _("Its last run is still winding down. Try again in a moment.")
    possible = status in ANALYSIS_FINAL or status is AnalysisStatus.SAVED
    return "" if possible else _("It is already under way (%(status)s).") % {"status": status.label}


def _schedule_refusal(action: Action, status: AnalysisStatus, situation: Situation) -> str:
    waits = status is AnalysisStatus.SCHEDULED
    if action is Action.WITHDRAW:
        return "" if waits or situation.repeats else str(_NOT_WAITING)
    if not waits:
        return str(_NOT_WAITING)
    return _("It begins as soon as a worker is free.") if situation.due else ""


def _pause_refusal(action: Action, status: AnalysisStatus, situation: Situation) -> str:
    if status not in PAUSABLE:
        return _("No scan of it is running or queued (%(status)s).") % {"status": status.label}
    if action is Action.PAUSE:
        return _("It is already paused.") if situation.paused else ""
    return "" if situation.paused else _("Nobody has paused it.")


def _stop_refusal(status: AnalysisStatus, situation: Situation) -> str:
    group = ANALYSIS[status].group
    if group in (Group.WAITING, Group.RUNNING):
        return ""
    if situation.held:
        return _("Nothing is running: its results wait for a reviewer.")
    return _("It is already stopping.") if group is Group.STOPPING else _("Nothing is running.")


def _undo_refusal(status: AnalysisStatus) -> str:
    if status is AnalysisStatus.STOPPED_DELETING:
        return _("What was deleted is gone for good.")
    return _("No results of its last run have been deleted.")


def export_refusal(findings: int) -> str:
    """Why nothing of its latest run can be exported, or an empty string. In the reader's language."""
    return "" if findings else _("There are no findings of its latest run.")


def deletion_refusal(status: AnalysisStatus, *, winding_down: bool) -> str:
    """Why an analysis cannot be deleted in `status`, or an empty string when it can. In the reader's language."""
    if status in ANALYSIS_LIVE:
        return _("It is under way (%(status)s): stop it, or withdraw it from its schedule, first.") % {
            "status": status.label
        }
    return _("Its last run is still winding down. Try again in a moment.") if winding_down else ""


def not_possible_now(action: Action, reason: str | Promise) -> str:
    """The refusal as a sentence that names the action."""
    return _("%(action)s is not possible now: %(reason)s") % {
        "action": action.label,
        "reason": behind_a_colon(reason),
    }


def behind_a_colon(sentence: str | Promise) -> str:
    """A sentence as it goes on behind a colon: small in English; other languages begin it as it is."""
    text = translated(sentence) if isinstance(sentence, str) else str(sentence)
    return text[:1].lower() + text[1:] if (get_language() or "en").startswith("en") else text
