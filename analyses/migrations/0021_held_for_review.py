"""An analysis says that its results wait for a reviewer: the list finds and counts such ones without asking for their scans."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Subquery

VERIFYING = (
    "stopped_verifying", "stopped_verifying_partial", "expired_verifying", "completed_verifying",
    "completed_verifying_partial",
)  # fmt: skip


def note_held(apps, _schema_editor):
    """Of what waits already: everything of its latest run is verified."""
    runs = apps.get_model("analyses", "AnalysisOccurrence").objects
    scans = apps.get_model("analyses", "ScanOccurrence").objects
    analyses = apps.get_model("analyses", "Analysis").objects
    unverified = scans.filter(occurrence=OuterRef("pk"), ended_at=None)
    last = runs.filter(analysis=OuterRef("analysis")).order_by("-number").values("number")[:1]
    waiting = runs.filter(hold_results=True, status__in=VERIFYING, number=Subquery(last)).exclude(Exists(unverified))
    analyses.filter(pk__in=list(waiting.values_list("analysis", flat=True))).update(held=True)


class Migration(migrations.Migration):
    dependencies = [
        ("analyses", "0020_slots_of_hosts"),
    ]
    operations = [
        migrations.AddField(
            model_name="analysis",
            name="held",
            field=models.BooleanField(default=False, help_text="Its verified results wait for a reviewer."),
        ),
        migrations.RunPython(note_held, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="analysis", name="analysis_list_figures"),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(
                fields=["status", "problem_count", "held", "version", "owner"], name="analysis_list_figures"
            ),
        ),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(
                condition=models.Q(("held", True)), fields=["-changed_at", "-id"], name="analysis_list_held"
            ),
        ),
    ]
