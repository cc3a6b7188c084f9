"""The few template tags the pages share: icons, badges, severities, times. They are builtins: no {% load %}."""

from datetime import datetime, timedelta

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analyses.engines.contract import Severity
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus, ScanStatus

register = template.Library()

NOTHING = format_html('<span class="muted">{}</span>', "–")
UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite. It says nothing to screen readers: the words beside it do."""
    return format_html(
        '<svg class="icon icon--{} {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        name,
        extra,
        static("img/icons.svg"),
        name,
    )


def status_of(thing: Analysis | AnalysisOccurrence | ScanOccurrence | AnalysisStatus | ScanStatus):
    """The status a badge is to show: the thing's own, or the thing itself when it is a status."""
    if isinstance(thing, AnalysisStatus | ScanStatus):
        return thing
    return ScanStatus(thing.status) if isinstance(thing, ScanOccurrence) else AnalysisStatus(thing.status)


@register.simple_tag
def status_anchor(status: AnalysisStatus | ScanStatus) -> str:
    """Where on the status reference page a status stands. Both lifecycles share some names, hence the prefix."""
    return f"scan-{status.value}" if isinstance(status, ScanStatus) else status.value


@register.inclusion_tag("includes/badge.html")
def badge(thing, size: str = "") -> dict:
    """The status of an analysis, an occurrence or a scan occurrence (or a bare status) with icon, name and colour."""
    status = status_of(thing)
    meaning = SCAN[status] if isinstance(status, ScanStatus) else ANALYSIS[status]
    warns = status is AnalysisStatus.IN_PROGRESS_WARNING
    return {
        "label": AnalysisStatus.IN_PROGRESS.label if warns else status.label,
        "icon": ANALYSIS[AnalysisStatus.IN_PROGRESS].icon if warns else meaning.icon,
        "warns": warns,
        "meaning": meaning,
        "size": size,
        "href": f"{reverse('analyses:statuses')}#{status_anchor(status)}",
    }


@register.inclusion_tag("includes/severities.html")
def severities(thing) -> dict:
    """The numbers of findings by severity, of anything with critical_count, high_count and so on; zeros are left out."""
    counts = [(severity.value, getattr(thing, f"{severity.value}_count")) for severity in Severity]
    return {"counts": [(severity, count) for severity, count in counts if count]}


@register.simple_tag
def severity(value: str) -> SafeString:
    """One severity as a coloured word."""
    return format_html('<span class="severity severity--{}">{}</span>', value, value.capitalize())


@register.simple_tag
def when(moment: datetime | None, precision: str = "minutes") -> SafeString:
    """A moment in the viewer's zone; a dash when there is none. `precision` is minutes or seconds."""
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment)
    shown = f"{local:%Y-%m-%d %H:%M:%S}" if precision == "seconds" else f"{local:%Y-%m-%d %H:%M}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), f"{local:%A, %d %B %Y, %H:%M:%S %Z}", shown
    )


@register.filter
def duration(length: timedelta | None) -> str:
    """A length of time in its two largest units: 2 h 14 min. Nothing at all and the past are 0 s."""
    if length is None:
        return "–"
    rest = max(0, int(length.total_seconds()))
    parts = []
    for unit, seconds in UNITS:
        count, rest = divmod(rest, seconds)
        if count or parts:
            parts.append((count, unit))
    shown = [f"{count} {unit}" for count, unit in parts[:2] if count]
    return " ".join(shown) or "0 s"
