import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analyses", "0008_saved_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EverythingStopped",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "only",
                    models.BooleanField(
                        default=True, editable=False, help_text="Unique: there is one row at most.", unique=True
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                ("since", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name_plural": "everything stopped"},
        ),
        migrations.AddConstraint(
            model_name="everythingstopped",
            constraint=models.CheckConstraint(condition=models.Q(("only", True)), name="everything_stopped_once"),
        ),
    ]
