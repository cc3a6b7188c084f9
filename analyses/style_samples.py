"""What the style page shows the components with: made-up things in the product's own types, none of them stored."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.paginator import Paginator

from analyses.access import ShownRun, actions_in
from analyses.actions import Situation
from analyses.engines.contract import Severity
from analyses.forms.preview import preview_of
from analyses.models import Analysis, AnalysisOccurrence, EverythingStopped, PrescanStep
from analyses.ordering import PAGE_SIZES
from analyses.said import said as _
from analyses.sparkline import Sparkline
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus
from analyses.timeline import drawn
from analyses.trend import Bar, Trend

# Every token of static/css/tokens.css, by how it is shown.
TOKENS = {
    "Grounds and lines": ["page", "surface", "surface-2", "surface-3", "line", "line-strong", "line-control"],
    "Text": ["text", "text-2", "muted", "link", "on-accent"],
    "Accent": ["accent", "accent-hover", "accent-soft", "focus", "danger", "danger-hover"],
    "Tones": [f"{tone}{part}" for tone in ("blue", "amber", "green", "red", "grey") for part in ("", "-soft", "-line")],
    "Severities": [f"{severity}{part}" for severity in Severity for part in ("", "-soft")],
}
SIZES = {
    "Text sizes": [f"text-{size}" for size in ("xs", "sm", "md", "lg", "xl", "2xl")],
    "Distances": [f"space-{size}" for size in (1, 2, 3, 4, 5, 6, 8, 12)],
    "Corners": ["radius-sm", "radius", "radius-lg", "radius-full"],
    "Fonts": ["font", "font-mono"],
    "Shadows": ["shadow-1", "shadow-2"],
    "Widths": ["page-width"],
}
PARTIAL = 2  # which run of the trend is


class SampleForm(forms.Form):
    """One field of each kind, with help, and with errors when it is sent as it is."""

    name = forms.CharField(help_text="What people find it by.")
    speed = forms.ChoiceField(
        choices=[("usual", "Usual"), ("slow", "Slow: five requests a second")],
        help_text="How hard the target is worked.",
    )
    notes = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), required=False, help_text="At most 500 characters."
    )
    start = forms.ChoiceField(
        choices=[("now", "At once"), ("later", "At a time")], widget=forms.RadioSelect, help_text="When it begins."
    )
    hold = forms.BooleanField(
        label="Hold results for a review", required=False, help_text="A security lead publishes them."
    )


def samples(user: User, now: datetime) -> dict[str, Any]:
    """The context of the style page's components."""
    analysis = Analysis(
        pk=0, name="Web shop", owner=user, status=AnalysisStatus.IN_PROGRESS, scan_count=3,
        critical_count=1, high_count=2, medium_count=4, low_count=8, info_count=3,
        start_at=(now + timedelta(days=1)).replace(hour=1, minute=30), repeat="daily", zone="Europe/Berlin",
    )  # fmt: skip
    filled = {"name": "", "speed": "usual", "notes": "Typed before.", "start": "elsewhen"}
    return {
        "analysis": analysis,
        "run": ShownRun(None),
        "tab": "summary",
        "choices": actions_in(user, analysis, Situation()),
        "home": "#menus",
        "analysis_statuses": list(ANALYSIS),
        "scan_statuses": list(SCAN),
        "explained": [(status, ANALYSIS[status]) for status in (AnalysisStatus.QUEUED, AnalysisStatus.COMPLETED)],
        "severities_shown": list(Severity),
        "sort": "name",
        "page": Paginator(range(480), PAGE_SIZES[0]).get_page(3),
        "page_sizes": PAGE_SIZES,
        "form": SampleForm(auto_id="sample_%s"),
        "sent_form": SampleForm(filled, auto_id="sent_%s"),
        "steps": list(_steps()),
        "preview": preview_of(analysis),
        "timeline": drawn(_moments(now)),
        "trend": _trend(now),
        "course": Sparkline("Findings", (17, 18, 6, 11, 9)),
        "missing": ["No worker is at work."],
        "switch": EverythingStopped(by_name="ada", since=now),
    }


def _steps() -> Iterator[PrescanStep]:
    cause = _("The page after the sign-in is not the expected one.")
    told = (("Connection", "passed", ""), ("Sign-in", "failed", cause), ("Crawl script", "skipped", ""))
    for number, (name, outcome, why) in enumerate(told):
        advice = why and _("Check user name and password.")
        yield PrescanStep(pk=number, name=name, outcome=outcome, cause=why, advice=advice, milliseconds=120)


def _moments(now: datetime) -> list[tuple[AnalysisStatus, datetime]]:
    status = AnalysisStatus
    minutes = {
        status.SUBMITTED: 64, status.PRESCANNING: 63, status.QUEUED: 60, status.IN_PROGRESS: 52,
        status.STOPPED_SAVING: 9, status.STOPPED_VERIFYING_PARTIAL: 7,
    }  # fmt: skip
    return [(status, now - timedelta(minutes=ago)) for status, ago in minutes.items()]


def _trend(now: datetime) -> Trend:
    counted = ((1, 3, 5, 6, 2), (1, 2, 5, 7, 3), (0, 1, 3, 2, 0), (0, 1, 2, 5, 3))
    bars = []
    for position, counts in enumerate(counted):
        status = AnalysisStatus.COMPLETED_PARTIAL if position == PARTIAL else AnalysisStatus.COMPLETED
        run = AnalysisOccurrence(number=position + 4, status=status, ended_at=now - timedelta(days=4 - position))
        named = [(severity.value, count) for severity, count in zip(Severity, counts, strict=True)]
        bars.append(Bar(run, named, position, max(map(sum, counted))))
    return Trend(bars)
