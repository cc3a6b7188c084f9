"""What the engine said while it scanned, as its scanner last handed it over."""

from django.db import models

from analyses.models.occurrences import ScanOccurrence


class EngineLog(models.Model):
    """One for each scan, in a table of its own: it is large, read rarely, and dropped before its scan is.

    In the database, not in a file: a scanner and the web server need not share a disk.
    """

    scan_occurrence = models.OneToOneField(ScanOccurrence, on_delete=models.CASCADE, related_name="engine_log")
    text = models.TextField(help_text="Its end, a bounded number of characters. All of it is hostile.")
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"of scan {self.scan_occurrence_id}"
