"""Writes docs/lifecycle.md: both lifecycles in tables and diagrams, from the very data that the product runs on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, no_translations

from analyses.actions import Action, Situation, refusal
from analyses.moves import ANALYSIS_MOVES, SCAN_MOVES
from analyses.statuses import (
    ANALYSIS,
    ANALYSIS_FINAL,
    EDITABLE,
    PAUSABLE,
    SCAN,
    SCAN_PUBLISHED,
    SCAN_VERIFYING,
    AnalysisStatus,
    Group,
    Meaning,
    ScanStatus,
    editing_refusal,
)

Status = AnalysisStatus | ScanStatus
Moves = Mapping[Any, frozenset[Any]]

INTRODUCTION = """\
# The two lifecycles

<!-- Written by `manage.py print_lifecycle > docs/lifecycle.md` from analyses/statuses.py and analyses/moves.py. -->

An **analysis** is what people configure; each of its targets is a **scan**. Statuses belong to a run of an analysis
and to the scans of that run. An analysis shows the status of its latest run. Which one that is follows from its
scans' statuses and from why it is being stopped (`analyses.moves.overall`); only `analyses/lifecycle/` writes them.

In the diagrams, whatever stands before a diamond can become whatever stands behind it.
"""

# Where several statuses have many followers in common, the diagrams lead all of them through one point.
ANALYSIS_POINTS = {"run_ends": PAUSABLE}
SCAN_POINTS = {
    "starts_or_not": frozenset({ScanStatus.QUEUED, ScanStatus.QUEUED_WARNING}),
    "run_ends": frozenset({ScanStatus.IN_PROGRESS, ScanStatus.PAUSING, ScanStatus.RESUMING}),
}
_WINDING_DOWN = {
    (ScanStatus.STOPPING_SAVING, status) for status in (ScanStatus.STOPPED_VERIFYING, ScanStatus.COMPLETED_VERIFYING)
}


class Command(BaseCommand):
    help = "Print both lifecycles as docs/lifecycle.md has them."

    @no_translations
    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write("\n".join(document()))


def document() -> Iterator[str]:
    """The lines of docs/lifecycle.md."""
    yield INTRODUCTION
    yield f"## The {len(ANALYSIS)} statuses of an analysis\n"
    yield from _statuses(ANALYSIS, ANALYSIS_MOVES)
    yield from _diagram(
        ANALYSIS_MOVES, [*AnalysisStatus], AnalysisStatus.SAVED, ANALYSIS_POINTS, left_out_of_analyses()
    )
    yield "Not drawn: whatever has ended can be submitted again, and becomes Submitted.\n"
    yield f"## The {len(SCAN)} statuses of a scan\n"
    yield from _statuses(SCAN, SCAN_MOVES)
    yield from _diagram(SCAN_MOVES, [*ScanStatus], ScanStatus.SUBMITTED, SCAN_POINTS, left_out_of_scans())
    yield "Not drawn: a scan whose results are being verified, or are available in a run that is still under way, is"
    yield "Stopping - Deleting Results when the run is stopped and its results are deleted. When that is undone, it is"
    yield "Stopping - Saving Results, then what it was.\n"
    yield "## What can be asked in which status\n"
    yield from _actions()
    yield "## What can be edited in which status\n"
    yield from _editing()


# --- Tables ---------------------------------------------------------------------------------------------------------


def _statuses(meanings: Mapping[Any, Meaning], moves: Moves) -> Iterator[str]:
    yield from _table(
        ("status", "group", "meaning", "what to do", "may become"),
        (
            (
                f"**{status.label}**",
                meaning.group.label,
                meaning.meaning,
                meaning.advice,
                _names(moves.get(status, ())) or "nothing else",
            )
            for status, meaning in meanings.items()
        ),
    )


def _actions() -> Iterator[str]:
    yield from _table(
        ("status", *(action.label for action in Action)),
        ((f"**{status.label}**", *(_possible(action, status) for action in Action)) for status in AnalysisStatus),
    )
    yield "What is refused changes nothing, and the page says why. Resume is possible while a person has paused it, and"
    yield "Pause while nobody has. Withdraw is possible in every status as long as a schedule will submit it again."
    yield "Publish results is for security leads, where results are held for a review and everything is verified."
    yield "Undo deleting results is possible for a while (`UNDO_MINUTES`), and until a later run begins.\n"


def _possible(action: Action, status: AnalysisStatus) -> str:
    if action is Action.CONFIGURE:
        return "all of it" if status in EDITABLE else "in part"
    verified = action is Action.PUBLISH and ANALYSIS[status].group is Group.VERIFYING
    deleted = status is AnalysisStatus.STOPPED_DELETING
    situation = Situation(paused=action is Action.RESUME, held=verified, undoable=deleted)
    return "–" if refusal(action, status, situation) else "yes"


def _editing() -> Iterator[str]:
    yield f"The whole configuration: {_names(EDITABLE)}.\n"
    yield "In every other status only what cannot disturb the run. The page then says, for example:\n"
    yield f"> {editing_refusal(AnalysisStatus.IN_PROGRESS)}"


def _table(head: tuple[Any, ...], rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(map(str, head))} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)
    yield ""


def _names(statuses: Iterable[Status]) -> str:
    """Their names, in the order of the lifecycle."""
    among = list(statuses)  # compared by identity: both lifecycles have statuses of the same text
    every = (*AnalysisStatus, *ScanStatus)
    return ", ".join(str(status.label) for status in every if any(status is one for one in among))


# --- Diagrams -------------------------------------------------------------------------------------------------------


def left_out_of_analyses() -> set[tuple[Any, Any]]:
    """The moves the diagram only speaks of: submitting again."""
    return {(status, AnalysisStatus.SUBMITTED) for status in ANALYSIS_FINAL}


def left_out_of_scans() -> set[tuple[Any, Any]]:
    """The moves the diagram only speaks of: results that are deleted, and had back."""
    kept = {(ScanStatus.STOPPING_SAVING, status) for status in SCAN_VERIFYING | SCAN_PUBLISHED} - _WINDING_DOWN
    return kept | {(status, ScanStatus.STOPPING_DELETING) for status in SCAN_VERIFYING | SCAN_PUBLISHED}


def _diagram(
    moves: Moves,
    order: Sequence[Any],
    first: Status,
    points: Mapping[str, frozenset[Any]],
    left_out: set[tuple[Any, Any]],
) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    direction LR"
    yield from (f"    state {point} <<choice>>" for point in points)
    yield from (f'    state "{status.label}" as {status.value}' for status in order)
    yield f"    [*] --> {first.value}"
    yield from (f"    {source} --> {target}" for source, target in _lines(moves, order, points, left_out))
    yield "```\n"


def _lines(
    moves: Moves, order: Sequence[Any], points: Mapping[str, frozenset[Any]], left_out: set[tuple[Any, Any]]
) -> Iterator[tuple[str, str]]:
    """The lines of a diagram: what sources have in common goes through their point, the rest goes straight."""
    through: dict[Any, frozenset[Any]] = {}
    for point, sources in points.items():
        common = frozenset.intersection(*(moves[source] for source in sources))
        through |= dict.fromkeys(sources, common)
        yield from ((source.value, point) for source in sorted(sources, key=order.index))
        yield from ((point, target.value) for target in sorted(common, key=order.index))
    for source in order:
        straight = moves.get(source, frozenset()) - through.get(source, frozenset())
        for target in sorted(straight, key=order.index):
            if (source, target) not in left_out:
                yield source.value, target.value
