"""A list of 100,000 analyses: figures and orders are read from indexes, and names are searched by their trigrams."""

import logging

from django.conf import settings
from django.db import DatabaseError, migrations, models, transaction

log = logging.getLogger(__name__)
# As the search asks for it: UPPER("name"::text) LIKE …
CREATE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS analysis_name_trigrams ON analyses_analysis USING gin (UPPER(name::text) gin_trgm_ops)",
)
DROP = ("DROP INDEX IF EXISTS analysis_name_trigrams",)  # the extension may be in use elsewhere


def _run(statements):
    def run(_apps, schema_editor):
        """On PostgreSQL only. Where the right to make the extension is missing, names are searched as they were."""
        connection = schema_editor.connection
        if connection.vendor != "postgresql":
            return
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except DatabaseError as error:
            log.warning("Names are searched without an index of their trigrams: %s", error)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("analyses", "0009_everything_stopped"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RemoveIndex(model_name="analysis", name="analysis_list_status"),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(fields=["status", "-changed_at", "-id"], name="analysis_list_status"),
        ),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(fields=["status", "problem_count", "version", "owner"], name="analysis_list_figures"),
        ),
        migrations.AddIndex(
            model_name="analysis", index=models.Index(fields=["status", "ended_at"], name="analysis_list_ended")
        ),
        migrations.AddIndex(
            model_name="analysis", index=models.Index(fields=["name", "id"], name="analysis_list_name")
        ),
        migrations.RunPython(_run(CREATE), _run(DROP)),
    ]
