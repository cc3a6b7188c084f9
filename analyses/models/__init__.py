from analyses.models.activity import Activity
from analyses.models.configuration import AllowedTarget, Analysis, Repeat, Scan
from analyses.models.findings import CrawledUrl, Finding, FindingInstance
from analyses.models.occurrences import AnalysisOccurrence, AuthHealth, Pause, PrescanStep, ScanOccurrence
from analyses.models.workers import Worker

__all__ = [
    "Activity",
    "AllowedTarget",
    "Analysis",
    "AnalysisOccurrence",
    "AuthHealth",
    "CrawledUrl",
    "Finding",
    "FindingInstance",
    "Pause",
    "PrescanStep",
    "Repeat",
    "Scan",
    "ScanOccurrence",
    "Worker",
]
