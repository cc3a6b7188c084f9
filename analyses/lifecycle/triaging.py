"""What people judge of findings, and what becomes of that when a finding is seen again."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analyses.lifecycle.english import in_english
from analyses.models import Activity, Analysis, AnalysisOccurrence, Finding, Judgement, State
from analyses.said import joined
from analyses.said import said as _
from analyses.said import said_as as pgettext
from analyses.said import said_of as ngettext

MOST_AT_ONCE = 10_000  # findings
LONGEST_COMMENT = 2_000  # characters
SEEN_AGAIN = _("It was seen again after it had been fixed.")

# What a person may choose; and where somebody will ask one day why.
CHOICES = tuple(state for state in State if state is not State.REOPENED)
NEEDS_REASON = frozenset({State.FALSE_POSITIVE, State.ACCEPTED})


def triage(analysis: Analysis, findings: Iterable[int], state: State, actor: User, comment: str = "") -> int:
    """Judge findings of an analysis, by their ids; returns of how many something was kept.

    With a comment also those that are in that state already keep it. Raises ValueError for a state nobody may
    choose, and where a reason is missing.
    """
    return len(_judge(analysis, findings, state, actor, comment))


def triage_all(findings: Iterable[Finding], state: State, actor: User, comment: str = "") -> set[int]:
    """The same for findings of several analyses, one analysis after the other; returns of which something was kept.

    Each analysis is a transaction of its own: two people who judge the same ones never wait for each other in a ring.
    """
    by_analysis: dict[Analysis, list[int]] = {}
    for finding in findings:
        by_analysis.setdefault(finding.analysis, []).append(finding.pk)
    return {pk for analysis, pks in by_analysis.items() for pk in _judge(analysis, pks, state, actor, comment)}


def _judge(analysis: Analysis, findings: Iterable[int], state: State, actor: User, comment: str) -> list[int]:
    if state not in CHOICES or (state in NEEDS_REASON and not comment):
        raise ValueError(f"Nobody can judge a finding {state.label} like this.")
    with in_english(), transaction.atomic():
        _lock(analysis)
        wanted = Finding.objects.filter(analysis=analysis, pk__in=list(findings)[:MOST_AT_ONCE])
        judged = [finding for finding in wanted.order_by("pk") if comment or finding.state != state]
        if judged:
            _write(judged, state, comment, actor)
            _log(analysis, _told(judged, state, comment), actor)
            Analysis.objects.filter(pk=analysis.pk).update(version=F("version") + 1)
    return [finding.pk for finding in judged]


def reopen(finding: Finding, occurrence: AnalysisOccurrence) -> None:
    """Reopen a finding that was fixed and is seen again by this run; any other stays as it was judged.

    Within the transaction that stores what the run finds, with the run locked.
    """
    if finding.state == State.FIXED:
        _write([finding], State.REOPENED, SEEN_AGAIN)
        _log(occurrence.analysis, joined(_("%(finding)s.", finding=named(finding)), SEEN_AGAIN), occurrence=occurrence)


def _lock(analysis: Analysis) -> None:
    """Lock the latest run, as whoever stores findings does: both change the same ones, each in an order of theirs."""
    latest = analysis.occurrences.order_by("-number").select_for_update(no_key=True)
    list(latest.values_list("pk")[:1])


def _write(findings: list[Finding], state: State, comment: str, actor: User | None = None) -> None:
    now, name = timezone.now(), actor.get_username() if actor else "system"
    Judgement.objects.bulk_create(
        [
            Judgement(
                finding=finding,
                old_state=finding.state,
                new_state=state,
                comment=comment,
                actor=actor,
                actor_name=name,
                at=now,
            )
            for finding in findings
        ],
        batch_size=500,
    )
    pks = [finding.pk for finding in findings]
    for start in range(0, len(pks), 500):
        Finding.objects.filter(pk__in=pks[start : start + 500]).update(state=state)


def _log(
    analysis: Analysis, cause: str, actor: User | None = None, occurrence: AnalysisOccurrence | None = None
) -> None:
    Activity.objects.create(
        analysis=analysis,
        occurrence=occurrence,
        actor=actor,
        actor_name=actor.get_username() if actor else "system",
        action=_("Finding reopened") if actor is None else _("Findings triaged"),
        cause=cause,
        at=timezone.now(),
    )


def _told(findings: list[Finding], state: State, comment: str) -> str:
    """The findings in the words of the log: one by its name, several by their number."""
    count = len(findings)
    what = named(findings[0]) if count == 1 else ngettext("%(count)s finding", "%(count)s findings", count)
    told = _("%(finding)s: %(state)s.", finding=what, state=pgettext("finding", str(state.label)))
    return joined(told, f"“{comment}”" if comment else "")


def named(finding: Finding) -> str:
    """A finding in the words of the log."""
    where = f"{finding.method} {finding.host}{finding.path[:200]}"
    if finding.parameter:
        said = _(
            "%(category)s at %(place)s in %(parameter)s",
            category=finding.category,
            place=where,
            parameter=finding.parameter,
        )
        return said
    return _("%(category)s at %(place)s", category=finding.category, place=where)
