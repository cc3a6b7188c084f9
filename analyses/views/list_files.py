"""The list as a file, as it is narrowed and sorted; and of checked analyses what is wanted of them."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analyses import all_findings_files
from analyses.access import analyses_among
from analyses.all_findings import latest_published, standing_in
from analyses.filters import AnalysisFilter, teams_of
from analyses.finding_filters import ShownFindings, Wanted
from analyses.left_out import LeftOut, missing, without_results
from analyses.list_files import About, as_csv, as_json, read
from analyses.models import Analysis, AnalysisOccurrence
from analyses.ordering import MOST_ROWS
from analyses.sarif import sarif_of
from analyses.saved_views import address_of_list
from analyses.views.bulk import MOST_CHOSEN, chosen, wrong_number
from dashboard.http import HtmxRequest, download

CSV, JSON, SARIF = "text/csv; charset=utf-8", "application/json", "application/sarif+json"
FORMS = {"csv": (as_csv, CSV), "json": (as_json, JSON)}


@require_safe
def list_file(request: HtmxRequest, form: str) -> HttpResponseBase:
    """What the list shows at the same address, on all its pages, as a file that is written while it is sent."""
    if form not in FORMS:
        raise Http404
    visible = Analysis.objects.visible_to(request.user).select_related("owner")
    narrowed = AnalysisFilter(request.GET, visible, request=request, counts={}, teams=lambda: teams_of(request.user))
    found = narrowed.qs
    about = About(
        settings.SITE_URL,
        timezone.get_current_timezone(),
        filters={name: str(value) for name, value in narrowed.form.cleaned_data.items() if value},
        more=max(0, found.count() - MOST_ROWS),
    )
    write, content_type = FORMS[form]
    return download(f"analyses.{form}", write(read(found, request.GET.get("sort", "")), about), content_type)


class Chosen:
    """Analyses that somebody checked to have something of them as a file."""

    def __init__(self, request: HtmxRequest, numbers: list[int]):
        self._visible = analyses_among(request.user, numbers)
        self.analyses = list(self._visible)
        self.missing = missing(numbers, self.analyses)
        self.runs = {run.analysis_id: run for run in latest_published(self._visible)}
        self.without_results = without_results(self.analyses, self.runs)
        self._zone = timezone.get_current_timezone()

    @property
    def left_out(self) -> list[LeftOut]:
        """Of which no findings can be had."""
        return [*self.without_results, *self.missing]

    @property
    def _about(self) -> About:
        return About(settings.SITE_URL, self._zone, left_out=tuple(self.missing))

    def analyses_csv(self) -> Iterator[str]:
        return as_csv(self.analyses, self._about)

    def analyses_json(self) -> Iterator[str]:
        return as_json(self.analyses, self._about)

    def findings_csv(self) -> Iterator[str]:
        return all_findings_files.as_csv(standing_in(self._visible), settings.SITE_URL, self._zone, self.left_out)

    def findings_json(self) -> Iterator[str]:
        return all_findings_files.as_json(standing_in(self._visible), settings.SITE_URL, self._zone, self.left_out)

    def findings_sarif(self) -> Iterator[str]:
        """One log with a run for each, read one after the other while it is sent."""
        shown = (ShownFindings(run, Wanted()) for run in self._runs())
        return sarif_of(shown, settings.SITE_URL, leftOut=[one.told for one in self.left_out])

    def _runs(self) -> Iterator[AnalysisOccurrence]:
        for analysis in self.analyses:
            if run := self.runs.get(analysis.pk):
                run.analysis = analysis
                yield run


# What can be had of them: the word of its button, the file's name and kind, and what writes it.
FILES: dict[str, tuple[str, str, Callable[[Chosen], Iterator[str]]]] = {
    "analyses-csv": ("analyses.csv", CSV, Chosen.analyses_csv),
    "analyses-json": ("analyses.json", JSON, Chosen.analyses_json),
    "findings-csv": ("findings.csv", CSV, Chosen.findings_csv),
    "findings-json": ("findings.json", JSON, Chosen.findings_json),
    "findings-sarif": ("findings.sarif", SARIF, Chosen.findings_sarif),
}


@require_POST
def export_many(request: HtmxRequest) -> HttpResponseBase:
    """Ask what is wanted of those that were checked, and say what will be left out; then send it."""
    back = address_of_list(request.POST.get("list", ""))
    numbers, wanted = chosen(request), request.POST.get("file", "")
    if wanted and wanted not in FILES:
        raise Http404
    if not 0 < len(numbers) <= MOST_CHOSEN:
        messages.error(request, wrong_number(len(numbers), _("Export")))
        return redirect(back)
    them = Chosen(request, numbers)
    if not them.analyses:
        messages.warning(request, _("Nothing was exported: none of the chosen analyses is there any more."))
        return redirect(back)
    if wanted:
        name, content_type, write = FILES[wanted]
        return download(name, write(them), content_type)
    context = {"chosen": them, "numbers": numbers, "list": request.POST.get("list", ""), "back": back}
    return render(request, "analyses/bulk_export.html", context)
