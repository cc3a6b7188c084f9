"""What the people of an installation may do: rights, and the roles made of them (docs/security.md has the table).

A right is a permission that Django knows, given to a person or to a group. The groups of this module are the roles;
every other group is a team, which says what its people see and what may be scanned for them.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.http import Person


class Right(TextChoices):
    """What a person may be allowed to do, by the name of its permission, with whose part it is."""

    CONFIGURE = "configure_analyses", gettext_lazy("Creator")
    SUBMIT = "submit_analyses", gettext_lazy("Submitter")
    TRIAGE = "triage_findings", gettext_lazy("Reviewer")
    LEAD = "lead_security", gettext_lazy("Security lead")


# Whoever leads may do everything the others may.
ROLES = {
    "Creators": Right.CONFIGURE,
    "Submitters": Right.SUBMIT,
    "Reviewers": Right.TRIAGE,
    "Security leads": Right.LEAD,
}
_EVERY_RIGHT = frozenset(Right)
_KEPT = "_rights_in_vedette"


def rights_of(user: Person) -> frozenset[Right]:
    """What this person may do in every analysis they may see. One query for each `user` object, whatever is asked."""
    if not user.is_active:
        return frozenset()
    if user.is_superuser:
        return _EVERY_RIGHT
    kept: frozenset[Right] | None = getattr(user, _KEPT, None)
    if kept is None:
        given = Permission.objects.filter(content_type__app_label="analyses", codename__in=Right.values)
        given = given.filter(Q(user=user.pk) | Q(group__user=user.pk))
        kept = frozenset(map(Right, given.order_by().values_list("codename", flat=True)))
        kept = _EVERY_RIGHT if Right.LEAD in kept else kept
        setattr(user, _KEPT, kept)
    return kept


def roles_of(user: Person) -> list[str]:
    """What the person is, in words, for their own menu."""
    if user.is_superuser:
        return [_("Administrator")]
    rights = rights_of(user)
    shown = [Right.LEAD] if Right.LEAD in rights else [right for right in Right if right in rights]
    return [str(right.label) for right in shown]


def all_teams() -> QuerySet[Group]:
    """Every group that is a team and no role, by name."""
    return Group.objects.exclude(name__in=ROLES).order_by("name")


def make_roles() -> None:
    """Make the groups that are roles, where they are missing; what administrators made of one is left alone."""
    missing = ROLES.keys() - set(Group.objects.filter(name__in=ROLES).values_list("name", flat=True))
    for name in sorted(missing):
        permission = Permission.objects.get(content_type__app_label="analyses", codename=ROLES[name])
        Group.objects.create(name=name).permissions.set([permission])
