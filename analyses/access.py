"""Who may see and do what: one guarded getter per object. What is missing and what is forbidden look the same."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.actions import Action, Situation, deletion_refusal, refusal
from analyses.models import (
    Analysis,
    AnalysisOccurrence,
    ConfigurationTemplate,
    Finding,
    ScanOccurrence,
    SignInTest,
)
from analyses.models.configuration import AnalysisQuerySet
from analyses.models.secrets import SECRETS
from analyses.roles import Right, rights_of
from analyses.statuses import ANALYSIS_FINAL, AnalysisStatus
from dashboard.http import Person

GONE = gettext_lazy("It is not there any more, or not shared with you.")


def analysis_for(user: Person, pk: int) -> Analysis:
    """The analysis, if the user may see it; else Http404."""
    try:
        return Analysis.objects.visible_to(user).select_related("owner").get(pk=pk)
    except Analysis.DoesNotExist as error:
        raise Http404("No such analysis.") from error


def analyses_among(user: Person, numbers: Collection[int]) -> AnalysisQuerySet:
    """Those of the numbered analyses that the user may see, by name; nothing of the others."""
    return Analysis.objects.visible_to(user).filter(pk__in=numbers).select_related("owner").order_by("name", "pk")


def may(user: Person, right: Right) -> bool:
    """Whether the person has the right, in every analysis they may see."""
    return right in rights_of(user)


def require(user: Person, right: Right) -> None:
    """Raise PermissionDenied, with words for people, for whoever has not this right."""
    if not may(user, right):
        raise PermissionDenied(_only(right))


def _only(right: Right) -> str:
    return _("This needs the role %(role)s, which an administrator can give you.") % {"role": right.label}


def latest_occurrence(analysis: Analysis) -> AnalysisOccurrence | None:
    """The run whose status the analysis shows; None while it has not been submitted or was withdrawn."""
    if analysis.status == AnalysisStatus.SAVED:
        return None
    return analysis.occurrences.order_by("-number").first()


@dataclass(frozen=True)
class ShownRun:
    """The run a page shows: the latest, or an earlier one; `last` then is the number of the latest."""

    occurrence: AnalysisOccurrence | None
    last: int = 0

    @property
    def is_past(self) -> bool:
        return bool(self.last)

    @property
    def query(self) -> str:
        """What an address needs to stay with an earlier run; `more` where something stands before it."""
        return f"?{self.more[1:]}" if self.more else ""

    @property
    def more(self) -> str:
        return f"&occurrence={self.occurrence.number}" if self.occurrence and self.is_past else ""


def run_for(analysis: Analysis, wanted: str) -> ShownRun:
    """The run with the wanted number, or the latest when none is wanted; Http404 when there is no such run."""
    latest = latest_occurrence(analysis)
    if not wanted:
        return ShownRun(latest)
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else 0
    try:
        occurrence = analysis.occurrences.select_related("requested_by").get(number=number)
    except AnalysisOccurrence.DoesNotExist as error:
        raise Http404("No such run.") from error
    return ShownRun(latest) if occurrence == latest else ShownRun(occurrence, _last_number(analysis))


def run_of(scan: ScanOccurrence, wanted: str) -> ShownRun:
    """The run that a scan belongs to; Http404 when another one is wanted."""
    occurrence = scan.occurrence
    if wanted not in ("", str(occurrence.number)):
        raise Http404("No such scan in this run.")
    last = _last_number(occurrence.analysis)
    withdrawn = occurrence.analysis.status == AnalysisStatus.SAVED
    return ShownRun(occurrence, last if withdrawn or occurrence.number != last else 0)


def _last_number(analysis: Analysis) -> int:
    return analysis.occurrences.aggregate(last=Max("number"))["last"] or 0


def scan_occurrence_for(user: Person, analysis_pk: int, pk: int) -> ScanOccurrence:
    """One scan of one run, if the user may see its analysis; else Http404."""
    scans = ScanOccurrence.objects.select_related("occurrence__analysis__owner", "specification")
    scans = scans.defer(*SECRETS, "specification__requests")
    scans = scans.filter(occurrence__analysis__in=Analysis.objects.visible_to(user).filter(pk=analysis_pk))
    try:
        return scans.get(pk=pk)
    except ScanOccurrence.DoesNotExist as error:
        raise Http404("No such scan.") from error


def finding_for(user: Person, analysis_pk: int, pk: int) -> Finding:
    """One finding, if the user may see its analysis; else Http404."""
    seen = Analysis.objects.visible_to(user).filter(pk=analysis_pk)
    try:
        return Finding.objects.select_related("analysis").get(pk=pk, analysis__in=seen)
    except Finding.DoesNotExist as error:
        raise Http404("No such finding.") from error


def findings_to_judge(user: Person, pks: Iterable[int]) -> QuerySet[Finding]:
    """Those of these findings that the person may judge: of all they see. PermissionDenied where they judge nothing."""
    require(user, Right.TRIAGE)
    return Finding.objects.filter(pk__in=list(pks), analysis__in=Analysis.objects.visible_to(user))


def actions_for(user: Person, analysis: Analysis, occurrence: AnalysisOccurrence | None) -> list[tuple[Action, str]]:
    """Every action with why it is not possible now for this person, or an empty text where it is."""
    situation = occurrence.situation if occurrence else Situation(repeats=analysis.next_start is not None)
    return actions_in(user, analysis, situation)


def actions_in(user: Person, analysis: Analysis, situation: Situation) -> list[tuple[Action, str]]:
    """The same, where the situation is known already."""
    status = AnalysisStatus(analysis.status)
    return [(action, refusal(action, status, situation) or reserved(user, action, analysis)) for action in Action]


def reserved(user: Person, action: Action, analysis: Analysis) -> str:
    """Why an action that is possible is not for this person, or an empty text when it is."""
    if action is Action.CONFIGURE:
        return may_not_configure(user, analysis)
    if action is Action.PUBLISH and not may(user, Right.LEAD):
        return _("Only a security lead publishes results that wait for a review.")
    return "" if may(user, Right.SUBMIT) else _only(Right.SUBMIT)


def may_not_delete(user: Person, analysis: Analysis) -> str:
    """Why this person cannot delete an analysis now, in words; empty when they can."""
    winding_down = analysis.status in ANALYSIS_FINAL and analysis.ended_at is None
    if reason := deletion_refusal(AnalysisStatus(analysis.status), winding_down=winding_down):
        return reason
    if analysis.owner_id != user.pk and not may(user, Right.LEAD):
        return _("Only its owner or a security lead deletes an analysis.")
    return may_not_configure(user, analysis)


def may_not_configure(user: Person, analysis: Analysis | None) -> str:
    """Why this person may not change an analysis, or make one; empty when they may.

    What its schedule submits by itself is changed by those only who may submit.
    """
    if not may(user, Right.CONFIGURE):
        return _only(Right.CONFIGURE)
    waits = analysis is not None and (analysis.status == AnalysisStatus.SCHEDULED or analysis.next_start is not None)
    if waits and not may(user, Right.SUBMIT):
        return f"{_('Its schedule submits it as it is configured.')} {_only(Right.SUBMIT)}"
    return ""


def require_to_configure(user: Person, analysis: Analysis | None) -> None:
    """Raise PermissionDenied, with words for people, for whoever may not change an analysis, or make one."""
    if reason := may_not_configure(user, analysis):
        raise PermissionDenied(reason)


def refuse_to_stop_everything(user: Person) -> None:
    """Raise Http404 for whoever is no administrator."""
    if not (user.is_active and user.is_superuser):
        raise Http404("No such page.")


def sign_in_test_for(user: Person, pk: int) -> SignInTest:
    """A sign-in that this very person tries out; else Http404."""
    try:
        return SignInTest.objects.filter(user=user.pk).select_related("analysis").defer(*SECRETS).get(pk=pk)
    except SignInTest.DoesNotExist as error:
        raise Http404("No such test.") from error


def template_for(user: Person, pk: int, *, to_delete: bool = False) -> ConfigurationTemplate:
    """The template, if the user may start from it, or delete it; else Http404."""
    try:
        template = ConfigurationTemplate.objects.usable_by(user).select_related("owner").get(pk=pk)
    except ConfigurationTemplate.DoesNotExist as error:
        raise Http404("No such template.") from error
    if to_delete and not may_delete_template(user, template):
        raise Http404("No such template.")
    return template


def may_delete_template(user: Person, template: ConfigurationTemplate) -> bool:
    """Whether it is theirs, or everything is."""
    return may(user, Right.CONFIGURE) and (template.owner_id == user.pk or user.is_superuser)
