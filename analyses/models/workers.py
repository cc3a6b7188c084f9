"""The workers that give signs of life: what pages and logs need to know to say that nobody is at work."""

from datetime import timedelta

from django.db import models

MISSING_AFTER = timedelta(seconds=45)  # together with what pages remember, people are told within a minute


class Worker(models.Model):
    """A worker process, by the name Celery knows it by. It says every few seconds that it is there."""

    name = models.CharField(max_length=150, unique=True)
    queue = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Attendance(models.Model):
    """When any worker of a queue last gave a sign of life; kept when the worker is shut down and forgotten."""

    queue = models.CharField(max_length=20, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.queue} at {self.seen_at:%Y-%m-%d %H:%M:%S}"


class Outage(models.Model):
    """No worker of a queue was there; dropped when the logs of all runs that it concerned say so."""

    queue = models.CharField(max_length=20)
    began_at = models.DateTimeField(help_text="The last sign of life.")
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "began_at"], name="outage_once")]

    def __str__(self) -> str:
        return f"{self.queue} from {self.began_at:%Y-%m-%d %H:%M:%S}"
