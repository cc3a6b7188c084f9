"""What somebody keeps of the list's filters."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Lower


class SavedView(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=4000, help_text="The address's parameters, as saved_views.py writes them.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("user", Lower("name"), name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name
