"""The workers that give signs of life: what pages need to know to say that nobody is at work."""

from django.db import models


class Worker(models.Model):
    """A worker process, by the name Celery knows it by. It says every few seconds that it is there."""

    name = models.CharField(max_length=150, unique=True)
    queue = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
