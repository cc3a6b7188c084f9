"""A configuration to be read: what a run was told to do, or what is stored, setting by setting and without secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.configuring import stored_scans, without_secrets
from analyses.lifecycle.freezing import SCAN_SETTINGS
from analyses.lifecycle.times_in_words import in_words as duration_in_words
from analyses.models import Analysis, AnalysisOccurrence, Scan, ScanOccurrence
from analyses.models.secrets import NAMED_SECRETS, UNNAMED_SECRETS
from analyses.prescan.contract import SignInMethod
from analyses.schedule_words import at_once_in_words, moment_in_zone, window_in_words
from analyses.setting_labels import ANALYSIS_LABELS, CHOICES, SCAN_LABELS, SECRET_LABELS
from dashboard.numbers import grouped

MOST_LINES = 200  # of one setting of a scan
STORED = gettext_lazy("stored")
ERASED = gettext_lazy("used, and erased when the scan had ended")
NOT_KEPT = gettext_lazy("not kept of this run")
# What is shown of a scan where something is chosen; its scope, its speed and its sign-in always are.
_WHERE_CHOSEN = (
    "both_schemes", "allowed_hosts", "excluded_urls", "excluded_endpoints", "user_agent",
)  # fmt: skip
_OF_TEMPLATE = (
    "duration", "prescan_only", "excluded_urls", "user_agent", "hold_results", "recipients", "business_unit",
    "contact_name", "contact_email",
)  # fmt: skip
_LABELS = {**ANALYSIS_LABELS, "teams": gettext_lazy("Teams that may see it")}
_OF_SIGN_IN = ("login_url", "username", "header", "check_text", "check_url", "logout_url")
_WITH_SECRET = {SignInMethod.FORM, SignInMethod.BASIC, SignInMethod.HEADER}


@dataclass(frozen=True)
class Setting:
    """One setting in words, on one line or on several; without lines nothing is chosen."""

    label: str
    lines: tuple[str, ...] = ()
    as_typed: bool = False  # an address or the like, and no words
    in_english: bool = False  # words that are kept, whoever reads them


Group = tuple[str, str, list[Setting]]  # what it is, its title, its settings


@dataclass(frozen=True)
class ShownScan:
    """One scan: where, what is special about it, and its settings."""

    pk: int
    url: str
    features: tuple[str, ...]
    settings: tuple[Setting, ...]


def of_run(occurrence: AnalysisOccurrence) -> list[Group]:
    """The analysis-wide settings of a run, in groups, from what was frozen when it was submitted."""
    kept = occurrence.configuration
    return [
        (
            "general",
            _("General"),
            [
                *(_kept(name, kept) for name in ("name", "description", "owner", "teams")),
                Setting(_("Engine"), (occurrence.engine.capitalize(),)),
            ],
        ),
        ("all-urls", _("For all URLs"), [_kept("excluded_urls", kept), _stored("user_agent", occurrence)]),
        ("schedule", _("Schedule"), [*_times_of_run(occurrence), *_repeat_of_run(kept)]),
        (
            "results",
            _("Results and people"),
            [
                _stored("hold_results", occurrence),
                *(_kept(name, kept) for name in ("recipients", "business_unit", "contact_name", "contact_email")),
            ],
        ),
    ]


def of_analysis(analysis: Analysis, schedule: str) -> list[Group]:
    """The analysis-wide settings as they are stored, in groups; `schedule` is what its schedule says, in words."""
    teams = tuple(sorted(team.name for team in analysis.teams.all()))
    return [
        (
            "general",
            _("General"),
            [
                *(_stored(name, analysis) for name in ("name", "description")),
                Setting(_("Owner"), (analysis.owner.get_username(),)),
                Setting(str(_LABELS["teams"]), teams),
                Setting(_("Engine"), (analysis.engine.capitalize(),)),
            ],
        ),
        ("all-urls", _("For all URLs"), [_stored(name, analysis) for name in ("excluded_urls", "user_agent")]),
        ("schedule", _("Schedule"), [Setting(_("Schedule"), (schedule,)), *_times(analysis), *_of_repeat(analysis)]),
        (
            "results",
            _("Results and people"),
            [
                _stored(name, analysis)
                for name in ("hold_results", "recipients", "business_unit", "contact_name", "contact_email")
            ],
        ),
    ]


def of_template(analysis: Analysis, scan: Scan) -> list[Setting]:
    """What a template sets otherwise than a new analysis has it; `analysis` and `scan` are what it makes."""
    usual, settings = Analysis(zone=analysis.zone), []
    if analysis.repeat:
        days = frozenset(map(int, analysis.repeat_days))
        settings.append(Setting(_("Schedule"), (at_once_in_words(analysis.repeat, analysis.zone, days),)))
        settings += _of_repeat(analysis)
    if analysis.pause_window:
        settings.append(Setting(_("Pause window"), (window_in_words(analysis.pause_window),)))
    settings += [_stored(name, analysis) for name in _OF_TEMPLATE if getattr(analysis, name) != getattr(usual, name)]
    for name in ("scope", "both_schemes", "speed", "excluded_urls", "user_agent"):
        value = getattr(scan, name)
        if value != getattr(Scan(), name):
            words = str(CHOICES[name].get(value, value)) if name in CHOICES else value
            settings.append(Setting(_("Each new URL: %(setting)s") % {"setting": SCAN_LABELS[name]}, _lines(words)))
    return settings


def scans_of_run(occurrence: AnalysisOccurrence) -> QuerySet[ScanOccurrence]:
    """The scans of a run with what `shown_of_run` needs of them."""
    scans = occurrence.scans.select_related("specification")
    return without_secrets(scans).defer("specification__requests", "specification__endpoints")


def scans_of_analysis(analysis: Analysis) -> QuerySet[Scan]:
    """The scans of an analysis with what `shown` needs of them."""
    return stored_scans(analysis).defer("specification__requests", "specification__endpoints")


def shown(scan: Scan) -> ShownScan:
    """A stored scan; it comes from `scans_of_analysis`."""
    values = {name: getattr(scan, name) for name in (*SCAN_SETTINGS, "user_agent")}
    return _shown(scan, values | {"excluded_urls": scan.excluded_urls.split()}, missing="")


def shown_of_run(scan: ScanOccurrence, occurrence: AnalysisOccurrence) -> ShownScan:
    """A scan as it ran; it comes from `scans_of_run`. What was meant for all of them is not said again of each."""
    values = dict(scan.configuration)
    for_all = {*occurrence.configuration.get("excluded_urls", "").split(), values.get("logout_url", "")}
    values["excluded_urls"] = [address for address in values.get("excluded_urls", ()) if address not in for_all]
    if values.get("user_agent") == occurrence.user_agent:
        values["user_agent"] = ""
    return _shown(scan, values, missing=str(ERASED))


def _shown(scan: Scan | ScanOccurrence, values: Mapping[str, Any], *, missing: str) -> ShownScan:
    names = {name: values.get(f"{name}_name", "") for name in NAMED_SECRETS}
    settings = [*_of_api(scan), *_reach(values, is_api=scan.specification is not None)]
    settings += [*_sign_in(scan, values, missing)]
    settings += [_setting(SECRET_LABELS[name], text) for name, text in names.items() if text]
    return ShownScan(scan.pk, scan.url, tuple(_features(scan, values, names)), tuple(settings))


def _features(scan: Scan | ScanOccurrence, values: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """What is special about a scan, as Configure Analysis has it on its rows."""
    if scan.specification:
        yield f"{scan.specification.name} · {scan.specification.form}"
    method = values.get("sign_in_method", SignInMethod.NONE)
    if method != SignInMethod.NONE:
        yield str(CHOICES["sign_in_method"].get(method, method))
    yield from (_capital(str(SECRET_LABELS[name])) for name in ("client_certificate", "crawl_script") if names[name])


def _of_api(scan: Scan | ScanOccurrence) -> Iterator[Setting]:
    if scan.specification:
        yield _setting("specification", f"{scan.specification.name} ({scan.specification.form})")


def _reach(values: Mapping[str, Any], *, is_api: bool) -> Iterator[Setting]:
    for name in ("speed",) if is_api else ("scope", "speed"):
        if values.get(name):
            yield _setting(SCAN_LABELS[name], str(CHOICES[name].get(values[name], values[name])))
    for name in _WHERE_CHOSEN:
        if values.get(name):
            yield _setting(SCAN_LABELS[name], values[name], as_typed=name != "both_schemes")


def _sign_in(scan: Scan | ScanOccurrence, values: Mapping[str, Any], missing: str) -> Iterator[Setting]:
    method = values.get("sign_in_method", SignInMethod.NONE)
    yield _setting(SCAN_LABELS["sign_in_method"], str(CHOICES["sign_in_method"].get(method, method)))
    if method == SignInMethod.NONE:
        return
    for name in _OF_SIGN_IN:
        if values.get(name) and (name != "header" or method == SignInMethod.HEADER):
            yield _setting(SCAN_LABELS[name], values[name], as_typed=name != "check_text")
    for name in UNNAMED_SECRETS:
        if getattr(scan, f"has_{name}"):
            yield _setting(SECRET_LABELS[name], STORED)
        elif missing and (method in _WITH_SECRET if name == "secret" else values.get(f"has_{name}")):
            yield _setting(SECRET_LABELS[name], missing)


def _times_of_run(occurrence: AnalysisOccurrence) -> Iterator[Setting]:
    planned = occurrence.nominal_at or occurrence.start_at
    when = _("As soon as it was submitted")
    if planned and planned > occurrence.submitted_at:
        when = _moment(planned, occurrence.zone)
    elif occurrence.nominal_at and not occurrence.requested_by_id:
        planned_for = {"moment": _moment(occurrence.nominal_at, occurrence.zone)}
        when = _("By its schedule, for %(moment)s") % planned_for
    yield Setting(_("Start"), (when,))
    yield from _times(occurrence)


def _times(thing: Analysis | AnalysisOccurrence) -> Iterator[Setting]:
    """How long a run may take, and when it keeps still."""
    yield _stored("prescan_only", thing)
    yield _stored("duration", thing)
    yield Setting(str(ANALYSIS_LABELS["end_by"]), (_moment(thing.end_by, thing.zone),) if thing.end_by else ())
    yield Setting(_("Pause window"), (window_in_words(thing.pause_window),) if thing.pause_window else ())


def _of_repeat(analysis: Analysis) -> Iterator[Setting]:
    if analysis.repeat:
        yield _off_after(analysis.repeat_off_after)


def _repeat_of_run(kept: Mapping[str, Any]) -> Iterator[Setting]:
    """The rule by which it repeated; how it ends itself matters only to one that does."""
    yield _kept("repeat", kept)
    if kept.get("repeat"):
        yield _off_after(kept["repeat_off_after"])


def _off_after(runs: int | None) -> Setting:
    return Setting(str(ANALYSIS_LABELS["repeat_off_after"]), (str(runs) if runs else _("never"),))


def _kept(name: str, kept: Mapping[str, Any]) -> Setting:
    if name not in kept:
        return Setting(str(_LABELS[name]), (str(NOT_KEPT),))
    setting = _setting(_LABELS[name], kept[name], as_typed=name == "excluded_urls")
    return replace(setting, in_english=name == "repeat")  # the rule was put into words when it was submitted


def _stored(name: str, thing: Analysis | AnalysisOccurrence) -> Setting:
    as_typed = name in ("excluded_urls", "user_agent")
    return _setting(ANALYSIS_LABELS[name], getattr(thing, name), as_typed=as_typed)


def _setting(label: str | Promise, value: Any, *, as_typed: bool = False) -> Setting:
    return Setting(_capital(str(label)), _lines(value), as_typed)


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (_("yes") if value else _("no"),)
    if isinstance(value, timedelta):
        return (duration_in_words(value),)
    lines = [str(line) for line in value] if isinstance(value, list) else str(value or "").splitlines()
    more = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], _("and %(count)s more") % {"count": grouped(more)}) if more > 0 else tuple(lines)


def _moment(moment: datetime, zone: str) -> str:
    return f"{moment_in_zone(moment, zone)} {zone}"


def _capital(label: str) -> str:
    return label if label.startswith("http") else label[:1].upper() + label[1:]
