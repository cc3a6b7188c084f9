"""What a scan saw and said, as files to download."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from analyses.access import scan_occurrence_for
from analyses.crawled_filter import crawled_by
from analyses.exports import BEGINNING, csv_line
from analyses.models import CrawledUrl, EngineLog
from dashboard.http import HtmxRequest, download

AT_ONCE = 500


@require_safe
def crawled_csv(request: HtmxRequest, pk: int, scan_pk: int) -> HttpResponseBase:
    """The crawled URLs that the page's filter leaves, a line each, written while it is sent."""
    scan = scan_occurrence_for(request.user, pk, scan_pk)
    _, crawled = crawled_by(scan, request.GET)
    return download(f"scan-{scan.pk}-crawled-urls.csv", _lines(crawled), "text/csv; charset=utf-8")


@require_safe
def engine_log(request: HtmxRequest, pk: int, scan_pk: int) -> HttpResponseBase:
    """What is kept of what the engine said, as a file."""
    scan = scan_occurrence_for(request.user, pk, scan_pk)
    text = EngineLog.objects.filter(scan_occurrence=scan).values_list("text", flat=True).first()
    if text is None:
        raise Http404("The engine has said nothing that is kept.")
    return download(f"scan-{scan.pk}-engine.log", text, "text/plain; charset=utf-8")


def _lines(crawled: QuerySet[CrawledUrl]) -> Iterator[str]:
    yield BEGINNING + csv_line("Method", "URL", "Response")
    for page in crawled.iterator(chunk_size=AT_ONCE):
        yield csv_line(page.method, page.url, page.response_status or "")
