"""People, teams and roles: only administrators change them, as whoever could would have every right."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from dashboard.administrators import ForAdministrators

admin.site.unregister([User, Group])


@admin.register(User)
class PeopleAdmin(ForAdministrators, UserAdmin):
    list_display = ["username", "email", "is_active", "is_superuser", "last_login"]
    readonly_fields = ["last_login", "date_joined"]  # they are what happened

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Whoever deletes a person may have go with them what nobody deletes by itself, such as their sessions."""
        found, counts, _forbidden, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected


@admin.register(Group)
class TeamsAndRolesAdmin(ForAdministrators, GroupAdmin):
    """A group with the name of a role is one; every other group is a team."""
