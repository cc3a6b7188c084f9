"""Up to when somebody has seen what changed."""

from django.contrib.auth.models import User
from django.db import models


class LastLook(models.Model):
    """One person's mark: what came later is new to them. Without a row they have marked nothing yet."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="last_look")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
