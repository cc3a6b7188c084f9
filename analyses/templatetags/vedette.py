"""The few template tags the pages share: icons, badges, severities, times, addresses. Builtins: no {% load %}."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django import template
from django.core.paginator import Page
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from analyses import access
from analyses.actions import export_refusal
from analyses.curl import curl
from analyses.engines.contract import Severity
from analyses.models import Analysis, AnalysisOccurrence, FindingInstance, ScanOccurrence
from analyses.next_steps import next_steps
from analyses.roles import Right, roles_of
from analyses.said import said, translated
from analyses.schedule_words import window_in_words
from analyses.schedules import PauseWindow
from analyses.severity_words import SEVERITY_NAMES
from analyses.statuses import ANALYSIS, AnalysisStatus, ScanStatus, logged, meaning_of
from dashboard import script_words as script_words_of
from dashboard.http import POLLED, Person
from dashboard.moments import CLOCK_WITH_SECONDS, day_in_words, day_spelled_out, moment_in_words
from dashboard.numbers import grouped

register = template.Library()

NOTHING = format_html('<span class="muted">{}</span>', "–")
# The icons of banners, and their tones for messages of Django.
_SAYS = {"blue": "info", "green": "circle-check", "amber": "alert-triangle", "red": "alert-triangle"}
_OF_LEVEL = {"info": "blue", "success": "green", "warning": "amber", "error": "red"}
# Why there is nothing to see, and the icon that says so: nothing was ever made, all of it is filtered out, there is
# nothing now and that is as it should be, or it could not be shown.
_EMPTY = {"unused": "shield-search", "filtered": "search", "fine": "circle-check", "failed": "alert-triangle"}
# Symbols, the same in every language.
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


@register.simple_tag
def script_words() -> SafeString | str:
    """What the page's scripts say, in its language."""
    return script_words_of.for_page()


@register.filter
def may(user: Person, right: str) -> bool:
    """Whether the person has the right of this name."""
    return access.may(user, Right[right.upper()])


@register.filter
def why_not_delete(analysis: Analysis, user: Person) -> str:
    """Why the person cannot delete it now; empty when they can."""
    return access.may_not_delete(user, analysis)


@register.filter
def why_not_export(analysis: Analysis) -> str:
    """Why no results of it can be exported now; empty when some can."""
    return export_refusal(analysis.finding_count)


@register.filter
def roles(user: Person) -> str:
    """What the person is, in words."""
    return ", ".join(map(str, roles_of(user))) or _("No role: may look at what is shared")


def status_of(thing: Analysis | AnalysisOccurrence | ScanOccurrence | AnalysisStatus | ScanStatus):
    """The status a badge is to show: the thing's own, or the thing itself when it is a status."""
    if isinstance(thing, AnalysisStatus | ScanStatus):
        return thing
    return ScanStatus(thing.status) if isinstance(thing, ScanOccurrence) else AnalysisStatus(thing.status)


@register.simple_tag
def status_anchor(status: AnalysisStatus | ScanStatus) -> str:
    """Where on the status reference page a status stands. Both lifecycles share some names, hence the prefix."""
    return f"scan-{status.value}" if isinstance(status, ScanStatus) else status.value


@register.simple_tag
def contract_name(status: AnalysisStatus | ScanStatus) -> str:
    """The name a status has in English, for whoever reads another language; empty where that is what they read."""
    name = logged(status)
    return "" if name == status.label else name


@register.inclusion_tag("includes/badge.html")
def badge(thing, size: str = "") -> dict:
    """The status of an analysis, an occurrence or a scan occurrence (or a bare status) with icon, name and colour."""
    status = status_of(thing)
    meaning = meaning_of(status)
    warns = status is AnalysisStatus.IN_PROGRESS_WARNING
    return {
        "label": AnalysisStatus.IN_PROGRESS.label if warns else status.label,
        "icon": ANALYSIS[AnalysisStatus.IN_PROGRESS].icon if warns else meaning.icon,
        "warns": warns,
        "meaning": meaning,
        "size": size,
        "href": f"{reverse('analyses:statuses')}#{status_anchor(status)}",
    }


@register.inclusion_tag("includes/next_steps.html", takes_context=True)
def nextsteps(context: Context, thing, analysis: Analysis | None = None) -> dict:
    """Where what its status advises can be done: of an analysis, or of none.

    The page that one is on is no place to go to. Who can do it is told to those who cannot, who are led nowhere.
    """
    status = status_of(thing)
    query = "" if isinstance(status, ScanStatus) else f"?status={status.value}"
    here, pk = context["request"].resolver_match.view_name, analysis.pk if analysis else None
    steps = []
    for step in next_steps(status):
        is_here = step.is_on(here, of_analysis=pk is not None) or (step.anchor == "#actions" and context.get("actions"))
        if is_here and not step.anchor:
            continue
        address = step.anchor if is_here else step.address(pk, query)
        steps.append((step, address if step.is_for(context["user"]) else ""))
    return {"steps": steps}


@register.simple_block_tag
def banner(
    content: SafeString,
    tone: str,
    *,
    icon: str = "",
    role: str = "",
    anchor: str = "",
    extra: str = "",
    block: bool = False,
) -> SafeString:
    """What is said above other things, in one colour: blue, green, amber or red, or that of a message's level.

    One that is a `block` holds paragraphs and lists, and not only words.
    """
    tone = _OF_LEVEL.get(tone, tone)
    shown = {"content": content, "tone": tone, "icon": icon or _SAYS[tone]}
    return render_to_string(
        "includes/banner.html", {**shown, "role": role, "anchor": anchor, "extra": extra, "block": block}
    )


@register.simple_block_tag
def emptystate(
    content: SafeString, kind: str, title: str = "", *, icon: str = "", level: int = 2, small: bool = False
) -> SafeString:
    """What stands where there is nothing: why there is not, and what to do. The kinds are those of _EMPTY.

    A small one has an icon only where it names one.
    """
    shown = {"content": content, "kind": kind, "title": title, "level": level, "small": small}
    return render_to_string("includes/empty.html", {**shown, "icon": icon or ("" if small else _EMPTY[kind])})


@register.inclusion_tag("includes/severities.html")
def severities(thing) -> dict:
    """The numbers of findings by severity, of anything with critical_count, high_count and so on; no zeros."""
    counts = [(each.value, SEVERITY_NAMES[each], getattr(thing, f"{each.value}_count")) for each in Severity]
    return {"counts": [(severity, name, count) for severity, name, count in counts if count]}


@register.simple_tag
def severity(value: str) -> SafeString:
    """One severity as a coloured word."""
    return format_html('<span class="severity severity--{}">{}</span>', value, severity_name(value))


@register.filter
def severity_name(value: str) -> str:
    """A severity in words."""
    return str(SEVERITY_NAMES[Severity(value)])


@register.simple_tag
def when(moment: datetime | None, precision: str = "minutes") -> SafeString:
    """A moment in the viewer's zone; a dash when there is none.

    `precision` is minutes, seconds, clock: no day, or coming: with its weekday, for what ends or begins then.
    """
    if not moment:
        return NOTHING
    local = timezone.localtime(moment)
    clock = format(local, CLOCK_WITH_SECONDS)
    full = f"{day_spelled_out(local)}, {clock} {local:%Z}"
    shown = clock
    if precision != "clock":
        shown = moment_in_words(local, weekday=precision == "coming", seconds=precision == "seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), full, shown)


@register.filter
def day(of: date) -> str:
    """A day within a text: 7 Sep 2026."""
    return day_in_words(of)


@register.filter
def spelled_out(of: date) -> str:
    """A day as a heading: Monday, 7 September 2026."""
    return day_spelled_out(of)


@register.filter
def duration(length: timedelta | None) -> str:
    """A length of time in its two largest units: 2 h 14 min. Days count from two on; the past is 0 s."""
    if length is None:
        return "–"
    rest = max(0, int(length.total_seconds()))
    parts: list[tuple[int, str]] = []
    for unit, seconds in UNITS if rest >= 2 * 86_400 else UNITS[1:]:
        count, rest = divmod(rest, seconds)
        if count or parts:
            parts.append((count, unit))
    shown = [f"{count} {unit}" for count, unit in parts[:2] if count]
    return " ".join(shown) or "0 s"


@register.filter
def split(words: str) -> list[str]:
    """The words of a text."""
    return words.split()


@register.filter
def thousands(number: int) -> str:
    """A number as it is read: 100,000; by its language, 100.000."""
    return grouped(number)


@register.filter
def window_words(window: PauseWindow) -> str:
    """A pause window in words."""
    return window_in_words(window)


@register.filter
def status_name(status: str) -> str:
    """A status as the log keeps it, in words: what is an icon elsewhere has to be said there."""
    warns = status == logged(AnalysisStatus.IN_PROGRESS_WARNING)
    return _("In Progress (with warnings)") if warns else translated(said(status))


register.filter("translated", translated)


@register.simple_tag(takes_context=True)
def address_with(context: Context, name: str, value: object) -> str:
    """This page's address with one parameter changed. A poll's own parameters are left out, another page number too."""
    asked = context["request"].GET.copy()
    for dropped in (*POLLED, "page"):
        asked.pop(dropped, None)
    asked[name] = str(value)
    return f"?{asked.urlencode()}"


@register.filter
def as_curl(place: FindingInstance) -> str:
    """The request of a place as a command; empty where there is none."""
    return curl(place.url, place.request) if place.request else ""


@register.filter
def page_numbers(page: Page) -> Iterator[int | str]:
    """The numbers to offer around a page, with an ellipsis for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.inclusion_tag("includes/sort_heading.html", takes_context=True)
def sort_heading(context: Context, word: str, label: str) -> dict:
    """The heading of a column the list can be sorted by; a second click turns the order round."""
    current = context["sort"]
    direction = {word: "ascending", f"-{word}": "descending"}.get(current, "")
    wanted = f"-{word}" if direction == "ascending" else word
    return {"label": label, "direction": direction, "href": address_with(context, "sort", wanted)}
