"""What has changed since somebody last looked: which runs ended, and which findings came, were fixed or came back.

For each person alone, and of what they may see. One query, however much there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import CharField, Count, F, Max, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from analyses.models import Analysis, AnalysisOccurrence, Finding, Judgement, LastLook, State
from analyses.statuses import ANALYSIS, ANALYSIS_FINAL, ANALYSIS_PUBLISHED, AnalysisStatus, Tone

FIRST = timedelta(days=7)  # for whoever has marked nothing yet
LONGEST = timedelta(days=30)  # whoever was away for longer reads the list itself
# Published with something missing, or running without some of its targets: to be looked at, though nothing failed.
INCOMPLETE = frozenset({AnalysisStatus.COMPLETED_PARTIAL, AnalysisStatus.IN_PROGRESS_WARNING})
FAILED = frozenset(status for status in ANALYSIS_FINAL if ANALYSIS[status].tone is Tone.RED)
_NEW, _MARK = "new", "mark"  # among the words of statuses and states
_Part = tuple[str, int, datetime]  # a status or a state, how many there are, and when the last of them came


@dataclass(frozen=True)
class Changes:
    """How many analyses and findings changed after `since`, the last of them at `until`; None when nothing did."""

    since: datetime
    until: datetime | None
    days: int  # how long ago `since` is, where it is not the person's own mark; else 0
    finished: int
    failed: int
    published: int
    incomplete: int
    new: int
    fixed: int
    reopened: int


def changes_for(user: User, visible: QuerySet[Analysis]) -> Changes:
    """What has changed among these analyses since this person last marked it as seen."""
    now = timezone.now()
    parts = list(_parts(user, visible.order_by().values("pk"), now))
    marked = next((at for word, _, at in parts if word == _MARK), None)
    longest = LONGEST if marked else FIRST
    since = max(marked or now - longest, now - longest)

    def number(words: Iterable[str]) -> int:
        return sum(count for word, count, _ in parts if word in words)

    return Changes(
        since=since,
        until=max((latest for word, _, latest in parts if word != _MARK), default=None),
        days=0 if since == marked else longest.days,
        finished=number(ANALYSIS_FINAL),
        failed=number(FAILED),
        published=number(ANALYSIS_PUBLISHED),
        incomplete=number(INCOMPLETE),
        new=number([_NEW]),
        fixed=number([State.FIXED]),
        reopened=number([State.REOPENED]),
    )


def _parts(user: User, visible: QuerySet, now: datetime) -> Iterable[_Part]:
    """The numbers by status and state, and the person's mark. What somebody judged themselves is no news to them."""
    marks = LastLook.objects.filter(user=user)

    def news(rows: QuerySet, when: str) -> QuerySet:
        mark = Coalesce(Subquery(marks.values("at")), Value(now - FIRST))
        return rows.order_by().filter(**{f"{when}__gt": now - LONGEST}).filter(**{f"{when}__gt": mark})

    runs = AnalysisOccurrence.objects.filter(analysis__in=visible)
    ended = news(runs.filter(status__in=ANALYSIS_FINAL), "ended_at")
    began = news(runs.filter(status=AnalysisStatus.IN_PROGRESS_WARNING), "started_at")
    found = Finding.objects.filter(first_seen__in=ended.filter(status__in=ANALYSIS_PUBLISHED).values("pk"))
    judged = Judgement.objects.filter(new_state__in=(State.FIXED, State.REOPENED), finding__analysis__in=visible)
    by_others = news(judged.exclude(old_state=F("new_state")).exclude(actor=user), "at")
    return (
        _counted(ended, F("status"), "analysis", "ended_at")
        .union(
            _counted(began, F("status"), "analysis", "started_at"),
            _counted(found, Value(_NEW), "pk", "first_seen__ended_at"),
            _counted(by_others, F("new_state"), "finding", "at"),
            _counted(marks, Value(_MARK), "pk", "at"),
            all=True,
        )
        .values_list("word", "number", "latest")
    )


def _counted(rows: QuerySet, word: F | Value, what: str, when: str) -> QuerySet:
    counted = rows.annotate(word=Cast(word, CharField())).values("word")
    return counted.annotate(number=Count(what, distinct=True), latest=Max(when))


def mark_seen(user: User, until: datetime | None) -> None:
    """Keep that this person has seen what came until then. A mark is never put back, nor into the future."""
    at = min(until, timezone.now()) if until else timezone.now()
    if not LastLook.objects.filter(user=user, at__gte=at).exists():
        LastLook.objects.update_or_create(user=user, defaults={"at": at})
