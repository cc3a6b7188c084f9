"""Progress is what engines say: checks under their own name, requests that were made, no percentage where none is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analyses", "0021_held_for_review"),
    ]

    operations = [
        migrations.RenameField("scanoccurrence", "requests_done", "checks_done"),
        migrations.RenameField("scanoccurrence", "requests_total", "checks_total"),
        migrations.RemoveField("scanoccurrence", "percent"),
        # Made anew, and empty: none of those that are stored is true.
        migrations.RemoveField("analysis", "percent"),
        migrations.AddField(
            model_name="analysis",
            name="percent",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Of their checks; empty while the engine of one cannot say how many it has.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="analysis",
            name="due_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="analysis",
            name="done_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="analysis",
            name="pages",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="scanoccurrence",
            name="checks_total",
            field=models.PositiveIntegerField(default=0, help_text="0 while its engine does not say."),
        ),
        migrations.AddField(
            model_name="scanoccurrence",
            name="requests_made",
            field=models.PositiveIntegerField(blank=True, help_text="Empty: they were not counted.", null=True),
        ),
        migrations.AddField(
            model_name="scanoccurrence",
            name="requests_lost",
            field=models.PositiveIntegerField(default=0, help_text="Without an answer."),
        ),
        migrations.AddField(
            model_name="scanoccurrence",
            name="requests_turned_away",
            field=models.PositiveIntegerField(default=0, help_text="Answered 401, 403, 407 or 429."),
        ),
        migrations.AddField(
            model_name="scanoccurrence",
            name="server_errors",
            field=models.PositiveIntegerField(default=0, help_text="Answered 5xx."),
        ),
    ]
