"""What ran, what was found, and the log: to be read only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from analyses.admin.shapes import ReadOnlyAdmin, SecretiveAdmin
from analyses.models import (
    Activity,
    AnalysisOccurrence,
    CrawledUrl,
    DeletedAnalysis,
    EngineLog,
    Finding,
    FindingInstance,
    Judgement,
    PrescanStep,
    Retest,
    ScanOccurrence,
    SignInTest,
    SignInTestStage,
    SignInTestStep,
    Specification,
    Worker,
)
from analyses.models.secrets import SECRETS


@admin.register(ScanOccurrence)
class ScanOccurrenceAdmin(SecretiveAdmin):
    list_display = ["url", "occurrence", "status", "started_at", "ended_at", "finding_count"]
    list_filter = ["status", "ending"]
    list_select_related = ["occurrence__analysis"]
    search_fields = ["url", "occurrence__analysis__name"]


@admin.register(AnalysisOccurrence)
class AnalysisOccurrenceAdmin(ReadOnlyAdmin):
    list_display = ["analysis", "number", "status", "requested_by", "submitted_at", "started_at", "ended_at"]
    list_filter = ["status", "engine"]
    list_select_related = ["analysis", "requested_by"]
    search_fields = ["analysis__name"]
    date_hierarchy = "submitted_at"


@admin.register(PrescanStep)
class PrescanStepAdmin(ReadOnlyAdmin):
    list_display = ["scan_occurrence", "position", "name", "outcome", "cause", "milliseconds"]
    list_filter = ["outcome", "name"]
    list_select_related = ["scan_occurrence"]
    search_fields = ["scan_occurrence__url", "cause"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("screenshot")


@admin.register(SignInTest)
class SignInTestAdmin(ReadOnlyAdmin):
    list_display = ["url", "user", "analysis", "created_at", "succeeded"]
    list_select_related = ["user", "analysis"]
    exclude = SECRETS
    search_fields = ["url", "user__username"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*SECRETS)


@admin.register(SignInTestStep)
class SignInTestStepAdmin(ReadOnlyAdmin):
    list_display = ["test", "position", "name", "outcome"]
    list_select_related = ["test__user"]
    search_fields = ["test__url"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("screenshot")


@admin.register(SignInTestStage)
class SignInTestStageAdmin(ReadOnlyAdmin):
    list_display = ["step", "position", "words"]
    list_select_related = ["step"]
    search_fields = ["words"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("screenshot")


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ["category", "severity", "state", "method", "host", "path", "parameter", "analysis"]
    list_filter = ["severity", "state"]
    list_select_related = ["analysis"]
    search_fields = ["category", "host", "path", "analysis__name"]


@admin.register(Judgement)
class JudgementAdmin(ReadOnlyAdmin):
    """The history of triage is append-only: nobody adds, changes or deletes an entry here."""

    list_display = ["at", "finding", "actor_name", "old_state", "new_state", "comment"]
    list_filter = ["new_state"]
    list_select_related = ["finding"]
    search_fields = ["finding__category", "finding__analysis__name", "actor_name", "comment"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(Retest)
class RetestAdmin(ReadOnlyAdmin):
    list_display = ["asked_at", "finding", "asked_by_name", "outcome", "cause", "ended_at"]
    list_filter = ["outcome"]
    list_select_related = ["finding"]
    search_fields = ["finding__category", "finding__analysis__name", "asked_by_name"]
    date_hierarchy = "asked_at"


@admin.register(FindingInstance)
class FindingInstanceAdmin(ReadOnlyAdmin):
    list_display = ["url", "finding", "verification", "scan_occurrence"]
    list_filter = ["verification"]
    list_select_related = ["finding", "scan_occurrence"]
    search_fields = ["url", "finding__category"]


@admin.register(Specification)
class SpecificationAdmin(ReadOnlyAdmin):
    list_display = ["name", "form", "analysis", "uploaded_by", "uploaded_at"]
    list_select_related = ["analysis", "uploaded_by"]
    exclude = ["requests"]
    search_fields = ["name", "analysis__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("requests")


@admin.register(EngineLog)
class EngineLogAdmin(ReadOnlyAdmin):
    list_display = ["scan_occurrence", "updated_at"]
    list_select_related = ["scan_occurrence"]
    search_fields = ["scan_occurrence__url"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("text")


@admin.register(CrawledUrl)
class CrawledUrlAdmin(ReadOnlyAdmin):
    list_display = ["url", "method", "response_status", "scan_occurrence"]
    list_filter = ["method"]
    list_select_related = ["scan_occurrence"]
    search_fields = ["url"]


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["name", "queue", "started_at", "seen_at"]
    list_filter = ["queue"]


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """The log is append-only: nobody adds, changes or deletes an entry here."""

    list_display = ["at", "analysis", "actor_name", "action", "old_status", "new_status", "target", "cause"]
    list_select_related = ["analysis"]
    search_fields = ["analysis__name", "actor_name", "action", "target"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(DeletedAnalysis)
class DeletedAnalysisAdmin(ReadOnlyAdmin):
    """What remains of analyses that were deleted: nobody adds, changes or deletes an entry here."""

    list_display = ["at", "name", "by_name", "owner_name", "runs", "scans", "findings", "entries"]
    search_fields = ["name", "by_name", "owner_name"]
    date_hierarchy = "at"
    ordering = ["-id"]
