"""What the crawled URLs of a scan are narrowed to, on the page and in the file."""

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analyses.models import CrawledUrl, ScanOccurrence

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
RESPONSES: dict[str, tuple[str | Promise, Q]] = {
    "2xx": (_("2xx: answered"), Q(response_status__range=(200, 299))),
    "3xx": (_("3xx: led elsewhere"), Q(response_status__range=(300, 399))),
    "4xx": (_("4xx: refused or not there"), Q(response_status__range=(400, 499))),
    "5xx": (_("5xx: server errors"), Q(response_status__range=(500, 599))),
    "none": (_("No answer"), Q(response_status=None)),
}


@dataclass(frozen=True)
class Wanted:
    """A part of the URL, a method, a class of responses; empty where there is no wish, or none that makes sense."""

    url: str = ""
    method: str = ""
    response: str = ""

    @property
    def query(self) -> str:
        """As it stands in an address, its question mark first; empty where nothing is wanted."""
        asked = {name: word for name, word in asdict(self).items() if word}
        return f"?{urlencode(asked)}" if asked else ""


def crawled_by(scan: ScanOccurrence, asked: QueryDict) -> tuple[Wanted, QuerySet[CrawledUrl]]:
    """What is looked for in the crawled URLs of a scan, and those that fit."""
    method, response = asked.get("method", ""), asked.get("response", "")
    wanted = Wanted(
        asked.get("url", "")[:200], method if method in METHODS else "", response if response in RESPONSES else ""
    )
    crawled = scan.crawled.order_by("pk")
    if wanted.url:
        crawled = crawled.filter(url__icontains=wanted.url)
    if wanted.method:
        crawled = crawled.filter(method=wanted.method)
    if wanted.response:
        crawled = crawled.filter(RESPONSES[wanted.response][1])
    return wanted, crawled
