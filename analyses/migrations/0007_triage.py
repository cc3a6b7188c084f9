from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion

STATES = [
    ("open", "Open"),
    ("confirmed", "Confirmed"),
    ("false_positive", "False positive"),
    ("accepted", "Accepted risk"),
    ("fixed", "Fixed"),
    ("reopened", "Reopened"),
]


class Migration(migrations.Migration):

    dependencies = [
        ("analyses", "0006_specification_notes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="state",
            field=models.CharField(choices=STATES, default="open", max_length=15),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [state for state, _ in STATES])), name="finding_state_known"
            ),
        ),
        migrations.CreateModel(
            name="Judgement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_state", models.CharField(choices=STATES, max_length=15)),
                ("new_state", models.CharField(choices=STATES, max_length=15)),
                ("comment", models.TextField(blank=True)),
                ("actor_name", models.CharField(default="system", max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="judgements",
                        to="analyses.finding",
                    ),
                ),
            ],
        ),
    ]
