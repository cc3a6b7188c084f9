from analyses.models.activity import Activity
from analyses.models.configuration import AllowedTarget, Analysis, Repeat
from analyses.models.deleted_analyses import DeletedAnalysis
from analyses.models.deletions import DeletedRows, DeletedScan, Deletion
from analyses.models.engine_logs import EngineLog
from analyses.models.findings import CrawledUrl, Finding, FindingInstance, Judgement, State
from analyses.models.halt import EverythingStopped
from analyses.models.last_looks import LastLook
from analyses.models.occurrences import AnalysisOccurrence, AuthHealth, Pause, ScanOccurrence
from analyses.models.prescan_steps import PrescanStep, SignInTest, SignInTestStage, SignInTestStep
from analyses.models.retests import Retest, RetestOutcome
from analyses.models.saved_views import SavedView
from analyses.models.scans import Scan, Specification
from analyses.models.templates import ConfigurationTemplate
from analyses.models.workers import MISSING_AFTER, Attendance, Outage, Worker

__all__ = [
    "MISSING_AFTER",
    "Activity",
    "AllowedTarget",
    "Analysis",
    "AnalysisOccurrence",
    "Attendance",
    "AuthHealth",
    "ConfigurationTemplate",
    "CrawledUrl",
    "DeletedAnalysis",
    "DeletedRows",
    "DeletedScan",
    "Deletion",
    "EngineLog",
    "EverythingStopped",
    "Finding",
    "FindingInstance",
    "Judgement",
    "LastLook",
    "Outage",
    "Pause",
    "PrescanStep",
    "Repeat",
    "Retest",
    "RetestOutcome",
    "SavedView",
    "Scan",
    "ScanOccurrence",
    "SignInTest",
    "SignInTestStage",
    "SignInTestStep",
    "Specification",
    "State",
    "Worker",
]
