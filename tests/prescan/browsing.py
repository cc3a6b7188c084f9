"""Scripts being played in the prescan's tests, and what is seen of it."""

from analyses.prescan.contract import PrescanResult
from analyses.statuses import ScanStatus
from tests.prescan.conftest import prescan_of
from tests.prescan.scripts import side
from tests.targets.serving import Answer

ERROR = ScanStatus.CRAWL_SCRIPT_ERROR
OPEN = ("open", "/")


def played(site, *commands, seconds: float = 60, project: dict | None = None, **others) -> PrescanResult:
    script = side(*commands, **(project or {}))
    return prescan_of(site.url, crawl_script=script, seconds=seconds, **others)


def seen(result: PrescanResult) -> str:
    return result.steps[-1].cause


def page(html: str) -> Answer:
    return Answer(f"<!doctype html><title>Shop</title><h1>Shop</h1>{html}")
