"""What only administrators change on the administrators' pages, whatever permissions staff have."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ForAdministrators(admin.ModelAdmin):
    """Staff with the permission may look; adding, changing and deleting is for superusers."""

    def _may_change(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return request.user.is_active and request.user.is_superuser

    has_add_permission = has_change_permission = has_delete_permission = _may_change
