"""What the administrators' pages have in common: most of them can only be read, and none of them shows a secret."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from analyses.configuring import without_secrets
from analyses.models.secrets import SECRETS
from analyses.roles import all_teams


class ReadOnlyAdmin(admin.ModelAdmin):
    """To be looked at, by those who may view it."""

    show_full_result_count = False  # these tables grow large
    list_per_page = 50
    actions = None

    def _never(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _never


class WithTeams(admin.ModelAdmin):
    """Has teams, which roles are not."""

    filter_horizontal = ["teams"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **{**options, "queryset": all_teams()})


class SecretiveAdmin(ReadOnlyAdmin):
    """Says which secrets and scripts are stored, and never reads them."""

    exclude = SECRETS
    readonly_fields = ["stored"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return without_secrets(super().get_queryset(request))

    @admin.display(description="Stored secrets")
    def stored(self, obj: Any) -> str:
        return ", ".join(name.replace("_", " ") for name in SECRETS if getattr(obj, f"has_{name}")) or "none"
