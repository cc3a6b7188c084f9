"""Templates: settings that new analyses start from. Never a secret, a sign-in, or a URL to scan."""

from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class TemplateQuerySet(models.QuerySet["ConfigurationTemplate"]):
    def usable_by(self, user: User | AnonymousUser) -> "TemplateQuerySet":
        """Those the user may start from: their own and their teams'; all of them for a superuser."""
        if user.is_active and user.is_superuser:
            return self
        shared = ConfigurationTemplate.teams.through.objects.filter(group__in=Group.objects.filter(user=user.pk))
        return self.filter(Q(owner=user.pk) | Q(pk__in=shared.values("configurationtemplate_id")))


class ConfigurationTemplate(models.Model):
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="owned_templates")
    teams = models.ManyToManyField(Group, blank=True, help_text="Who may start from it, beside its owner.")
    analysis = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder, help_text="Settings of an analysis itself, by their names."
    )
    scan = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder, help_text="What each new URL starts with, by its settings' names."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="template_name_unique",
                violation_error_message="There is already a template with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name
