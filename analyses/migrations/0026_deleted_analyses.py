"""What remains of analyses that are deleted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analyses', '0025_deletions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeletedAnalysis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(help_text='What its addresses had: /analyses/<number>/.')),
                ('name', models.CharField(max_length=120)),
                ('owner_name', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(help_text='When the analysis was made.')),
                ('by_name', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('runs', models.PositiveIntegerField()),
                ('scans', models.PositiveIntegerField(help_text='URLs and API specifications.')),
                ('findings', models.PositiveIntegerField(help_text='Distinct ones, of all runs.')),
                ('entries', models.PositiveIntegerField(help_text='Of its activity log.')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'deleted analysis',
                'verbose_name_plural': 'deleted analyses',
                'ordering': ['-id'],
            },
        ),
    ]
