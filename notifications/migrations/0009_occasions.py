from datetime import timedelta

import django.utils.timezone
from django.db import migrations, models

EVENTS = ("prescan_failed", "prescan_succeeded", "results_held", "results_published", "schedule_ended")


def remember(apps, _schema_editor):
    """What hooks were told of in the last 30 days did happen; what no hook heard of cannot be known any more."""
    Occasion = apps.get_model("notifications", "Occasion")
    since = django.utils.timezone.now() - timedelta(days=30)
    told = apps.get_model("notifications", "HookMessage").objects.filter(event__in=EVENTS, created_at__gte=since)
    for message in told.select_related("hook").prefetch_related("hook__teams").order_by("pk"):
        subject = message.key.split(":")[1]
        occasion, _ = Occasion.objects.get_or_create(
            event=message.event, subject=subject, defaults={"at": message.created_at}
        )
        if not message.hook.for_everybody:
            occasion.teams.add(*message.hook.teams.all())


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('notifications', '0008_zones_of_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Occasion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=50)),
                ('subject', models.CharField(help_text='What it is about. It happens to it once.', max_length=100)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('teams', models.ManyToManyField(help_text='Those that saw it.', related_name='+', to='auth.group')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('event', 'subject'), name='occasion_once')],
            },
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
