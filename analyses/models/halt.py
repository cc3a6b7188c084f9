"""The switch that stops everything: one row while it is on, none while it is off."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _


class EverythingStopped(models.Model):
    """While its one row is there nothing is submitted, prescanned or scanned."""

    only = models.BooleanField(default=True, unique=True, editable=False, help_text="Unique: there is one row at most.")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=150)
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "everything stopped"
        constraints = [models.CheckConstraint(condition=Q(only=True), name="everything_stopped_once")]

    def __str__(self) -> str:
        return _("Everything was stopped by %(name)s") % {"name": self.by_name}
