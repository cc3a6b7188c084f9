"""What a person may ask of an analysis, and in which status it is possible. Pure: knows no models."""

from dataclasses import dataclass

from django.db.models import TextChoices

from analyses.statuses import ANALYSIS, ANALYSIS_FINAL, PAUSABLE, AnalysisStatus, Group


class Action(TextChoices):
    """What a person may ask of an analysis, in the order of the menu."""

    CONFIGURE = "configure", "Configure Analysis"
    SUBMIT = "submit", "Submit"
    PRESCAN = "prescan-only", "Run prescan only"
    RUN_NOW = "run-now", "Run now"
    WITHDRAW = "withdraw", "Withdraw from schedule"
    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    PUBLISH = "publish", "Publish results"
    STOP_SAVE = "stop-save", "Stop and save results"
    STOP_DELETE = "stop-delete", "Stop and delete results"


@dataclass(frozen=True)
class Situation:
    """What decides beside the status which action is possible."""

    paused: bool = False  # by a person
    repeats: bool = False  # its schedule will submit it again
    due: bool = False  # its scheduled start has come
    winding_down: bool = False  # it has ended, and an engine of it is still at work
    held: bool = False  # everything is verified, and its results wait for a reviewer


ORDINARY = Situation()
_NOT_WAITING = "It is not waiting for a scheduled start."


def refusal(action: Action, status: AnalysisStatus, situation: Situation = ORDINARY) -> str:
    """Why `action` is not possible in `status`, or an empty string when it is."""
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
            return "" if situation.held else "No verified results of it wait for a reviewer."
    return _stop_refusal(status, situation)


def _start_refusal(status: AnalysisStatus, situation: Situation) -> str:
    if situation.winding_down:
        return "Its last run is still winding down. Try again in a moment."
    possible = status in ANALYSIS_FINAL or status is AnalysisStatus.SAVED
    return "" if possible else f"It is already under way ({status.label})."


def _schedule_refusal(action: Action, status: AnalysisStatus, situation: Situation) -> str:
    waits = status is AnalysisStatus.SCHEDULED
    if action is Action.WITHDRAW:
        return "" if waits or situation.repeats else _NOT_WAITING
    if not waits:
        return _NOT_WAITING
    return "It begins as soon as a worker is free." if situation.due else ""


def _pause_refusal(action: Action, status: AnalysisStatus, situation: Situation) -> str:
    if status not in PAUSABLE:
        return f"No scan of it is running or queued ({status.label})."
    if action is Action.PAUSE:
        return "It is already paused." if situation.paused else ""
    return "" if situation.paused else "Nobody has paused it."


def _stop_refusal(status: AnalysisStatus, situation: Situation) -> str:
    group = ANALYSIS[status].group
    if group in (Group.WAITING, Group.RUNNING):
        return ""
    if situation.held:
        return "Nothing is running: its results wait for a reviewer."
    return "It is already stopping." if group is Group.STOPPING else "Nothing is running."
