"""Results that somebody had deleted are kept aside for a while, with who did it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def say_what_is_being_deleted(apps, _schema_editor):
    """Runs whose engines are ending in order to have their results deleted: nothing of them is kept, as was said."""
    now = timezone.now()
    runs = apps.get_model("analyses", "AnalysisOccurrence").objects.filter(scans__status="stopping_deleting")
    deletions = apps.get_model("analyses", "Deletion").objects
    deletions.bulk_create(
        deletions.model(occurrence=run, by_name="system", at=now, until=now) for run in runs.distinct()
    )


class Migration(migrations.Migration):

    dependencies = [
        ('analyses', "0024_reproduced"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeletedScan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('submit_failed', 'Submit Failed'), ('scheduled', 'Scheduled'), ('submitted', 'Submitted'), ('verification_failed', 'Verification Failed'), ('connection_error', 'Connection Error'), ('authentication_error', 'Authentication Error'), ('crawl_script_error', 'Crawl Script Error'), ('queued', 'Queued'), ('queued_warning', 'Queued with warning'), ('in_progress', 'In Progress'), ('pausing', 'Pausing'), ('resuming', 'Resuming'), ('stopping_saving', 'Stopping - Saving Results'), ('stopping_deleting', 'Stopping - Deleting Results'), ('stopped', 'Stopped'), ('stopped_verifying', 'Stopped - Verifying Partial Results'), ('stopped_available', 'Stopped - Partial Results Available'), ('unreachable_stopped', 'Site unreachable - Stopped'), ('unreachable_verifying', 'Site unreachable - Verifying Results'), ('unreachable_available', 'Site unreachable - Results Available'), ('expired_stopped', 'Time Expired - Stopped'), ('expired_verifying', 'Time Expired - Verifying Partial Results'), ('expired_available', 'Time Expired - Partial Results Available'), ('error_stopped', 'Technical Issue - Stopped'), ('error_verifying', 'Scan Error - Verifying Partial Results'), ('error_available', 'Scan Error - Partial Results Available'), ('lockout_verifying', 'Lockout - Verifying Partial Results'), ('lockout_available', 'Lockout - Partial Results Available'), ('completed_verifying', 'Completed - Verifying Results'), ('completed_available', 'Completed - Results Available')], max_length=40)),
                ('cause', models.TextField(blank=True)),
                ('ended_at', models.DateTimeField(help_text='When its results were published, or held for a reviewer.', null=True)),
                ('pages', models.PositiveIntegerField(default=0)),
                ('scan_occurrence', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='deleted', to='analyses.scanoccurrence')),
            ],
        ),
        migrations.CreateModel(
            name='DeletedRows',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('packed', models.BinaryField()),
                ('scan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='analyses.deletedscan')),
            ],
        ),
        migrations.CreateModel(
            name='Deletion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by_name', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField(db_index=True)),
                ('findings', models.PositiveIntegerField(default=0, help_text='Distinct ones that the run has lost.')),
                ('pages', models.PositiveIntegerField(default=0, help_text='Crawled ones.')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('occurrence', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='deletion', to='analyses.analysisoccurrence')),
            ],
        ),
        migrations.AddField(
            model_name='deletedscan',
            name='deletion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scans', to='analyses.deletion'),
        ),
        migrations.RunPython(say_what_is_being_deleted, migrations.RunPython.noop),
    ]
