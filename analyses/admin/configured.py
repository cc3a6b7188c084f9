"""What people configured, whose it is, and what may be scanned."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from analyses.admin.shapes import ReadOnlyAdmin, SecretiveAdmin, WithTeams
from analyses.configuring import hand_over
from analyses.models import AllowedTarget, Analysis, ConfigurationTemplate, EverythingStopped, SavedView, Scan
from analyses.targets import InvalidTarget, validate_pattern
from dashboard.administrators import ForAdministrators


@admin.register(Analysis)
class AnalysisAdmin(WithTeams, ForAdministrators, ReadOnlyAdmin):
    """Whose an analysis is and who may see it; everything else is changed on its own page."""

    list_display = ["name", "status", "owner", "scan_count", "changed_at"]
    list_filter = ["status", "engine", "teams"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    autocomplete_fields = ["owner"]
    readonly_fields = [
        "name", "description", "status", "engine", "user_agent", "excluded_urls", "start_at", "end_by",
        "duration", "schedule_changed_by", "scan_count", "problem_count", "started_at", "ended_at",
        "deadline", "created_at", "changed_at",
    ]  # fmt: skip
    fields = [*readonly_fields[:2], "owner", "teams", *readonly_fields[2:]]

    has_add_permission = has_delete_permission = ReadOnlyAdmin._never

    def view_on_site(self, obj: Analysis) -> str:
        return reverse("analyses:summary", args=[obj.pk])

    def save_model(self, *_args: Any) -> None:
        """Not by obj.save(): a worker may be writing the status of this row right now."""

    def save_related(self, request: Any, form: Any, *_formsets_and_change: Any) -> None:
        hand_over(form.instance, form.cleaned_data["owner"], form.cleaned_data["teams"], request.user)


@admin.register(Scan)
class ScanAdmin(SecretiveAdmin):
    list_display = ["url", "analysis", "scope", "sign_in_method", "stored"]
    list_filter = ["sign_in_method", "scope"]
    list_select_related = ["analysis"]
    search_fields = ["url", "analysis__name"]


class AllowedTargetForm(forms.ModelForm):
    class Meta:
        model = AllowedTarget
        fields = ["pattern", "for_everybody", "teams", "note"]

    def clean_pattern(self) -> str:
        try:
            return validate_pattern(self.cleaned_data["pattern"])
        except InvalidTarget as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if bool(values.get("for_everybody")) == bool(values.get("teams")):
            self.add_error("teams", "Choose the teams, or “for everybody”: one of the two.")
        return values


@admin.register(AllowedTarget)
class AllowedTargetAdmin(WithTeams, ForAdministrators):
    """The add page takes ?pattern=<host>: the refusal of an address links to it."""

    form = AllowedTargetForm
    list_display = ["pattern", "for_teams", "note", "created_at"]
    list_filter = ["teams"]
    search_fields = ["pattern", "note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description="Teams")
    def for_teams(self, obj: AllowedTarget) -> str:
        names = ", ".join(team.name for team in obj.teams.all())
        return "everybody" if obj.for_everybody else names or "nobody"


@admin.register(ConfigurationTemplate)
class ConfigurationTemplateAdmin(WithTeams, ReadOnlyAdmin):
    """Whose a template is, and who else may start from it. Its settings are those of the analysis it was made from."""

    list_display = ["name", "owner", "created_at"]
    list_filter = ["teams"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["analysis", "scan", "created_at"]
    fields = ["name", "owner", "teams", *readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """What people keep of the list's filters, each for themselves."""

    list_display = ["name", "user", "query", "created_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their person, and keep nobody from being deleted."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(EverythingStopped)
class EverythingStoppedAdmin(ReadOnlyAdmin):
    """Whether everything is stopped, and by whom; its own page switches it."""

    list_display = ["by_name", "since"]
