"""The administrators' pages.

Statuses are written by the lifecycle only, and the log by nobody: both can only be read here.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from analyses.configuring import hand_over, without_secrets
from analyses.models import (
    Activity,
    AllowedTarget,
    Analysis,
    AnalysisOccurrence,
    CrawledUrl,
    Finding,
    FindingInstance,
    PrescanStep,
    Scan,
    ScanOccurrence,
    Worker,
)
from analyses.targets import InvalidTarget, validate_pattern

admin.site.site_header = "Vedette administration"
admin.site.site_title = "Vedette administration"
admin.site.index_title = "People, allowed targets, and what ran"


class ReadOnlyAdmin(admin.ModelAdmin):
    """To be looked at, by those who may view it."""

    show_full_result_count = False  # these tables grow large
    list_per_page = 50
    actions = None

    def _never(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _never


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """Whose an analysis is and who may see it; everything else is changed on its own page."""

    list_display = ["name", "status", "owner", "scan_count", "changed_at"]
    list_filter = ["status", "engine", "teams"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    autocomplete_fields = ["owner"]
    filter_horizontal = ["teams"]
    readonly_fields = [
        "name", "description", "status", "engine", "user_agent", "excluded_urls", "start_at", "end_by",
        "duration", "schedule_changed_by", "scan_count", "problem_count", "started_at", "ended_at",
        "deadline", "created_at", "changed_at",
    ]  # fmt: skip
    fields = [*readonly_fields[:2], "owner", "teams", *readonly_fields[2:]]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def view_on_site(self, obj: Analysis) -> str:
        return reverse("analyses:summary", args=[obj.pk])

    def save_model(self, *_args: Any) -> None:
        """Not by obj.save(): a worker may be writing the status of this row right now."""

    def save_related(self, request: Any, form: Any, *_formsets_and_change: Any) -> None:
        hand_over(form.instance, form.cleaned_data["owner"], form.cleaned_data["teams"], request.user)


class SecretiveAdmin(ReadOnlyAdmin):
    """Says whether a secret and a crawl script are stored, and never reads them."""

    exclude = ["secret", "crawl_script"]
    readonly_fields = ["secret_stored", "crawl_script_stored"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return without_secrets(super().get_queryset(request))

    @admin.display(boolean=True, description="Secret stored")
    def secret_stored(self, obj: Any) -> bool:
        return obj.has_secret

    @admin.display(boolean=True, description="Crawl script stored")
    def crawl_script_stored(self, obj: Any) -> bool:
        return obj.has_crawl_script


@admin.register(Scan)
class ScanAdmin(SecretiveAdmin):
    list_display = ["url", "analysis", "scope", "sign_in_method", "secret_stored"]
    list_filter = ["sign_in_method", "scope"]
    list_select_related = ["analysis"]
    search_fields = ["url", "analysis__name"]


@admin.register(ScanOccurrence)
class ScanOccurrenceAdmin(SecretiveAdmin):
    list_display = ["url", "occurrence", "status", "started_at", "ended_at", "finding_count"]
    list_filter = ["status", "ending"]
    list_select_related = ["occurrence__analysis"]
    search_fields = ["url", "occurrence__analysis__name"]


class AllowedTargetForm(forms.ModelForm):
    class Meta:
        model = AllowedTarget
        fields = ["pattern", "note"]

    def clean_pattern(self) -> str:
        try:
            return validate_pattern(self.cleaned_data["pattern"])
        except InvalidTarget as error:
            raise ValidationError(str(error)) from error


@admin.register(AllowedTarget)
class AllowedTargetAdmin(admin.ModelAdmin):
    """The add page takes ?pattern=<host>: the refusal of an address links to it."""

    form = AllowedTargetForm
    list_display = ["pattern", "note", "created_at"]
    search_fields = ["pattern", "note"]


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


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ["category", "severity", "method", "path", "parameter", "analysis"]
    list_filter = ["severity"]
    list_select_related = ["analysis"]
    search_fields = ["category", "path", "analysis__name"]


@admin.register(FindingInstance)
class FindingInstanceAdmin(ReadOnlyAdmin):
    list_display = ["url", "finding", "verification", "scan_occurrence"]
    list_filter = ["verification"]
    list_select_related = ["finding", "scan_occurrence"]
    search_fields = ["url", "finding__category"]


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
