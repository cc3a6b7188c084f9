from analyses.models.activity import Activity
from analyses.models.configuration import AllowedTarget, Analysis, Scan
from analyses.models.findings import CrawledUrl, Finding, FindingInstance
from analyses.models.occurrences import AnalysisOccurrence, PrescanStep, ScanOccurrence

__all__ = [
    "Activity",
    "AllowedTarget",
    "Analysis",
    "AnalysisOccurrence",
    "CrawledUrl",
    "Finding",
    "FindingInstance",
    "PrescanStep",
    "Scan",
    "ScanOccurrence",
]
