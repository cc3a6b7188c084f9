import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0006_secrets_bound_to_rows'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='outgoingmail',
            name='mail_status_known',
        ),
        migrations.RemoveIndex(
            model_name='outgoingmail',
            name='mail_held',
        ),
        migrations.AddField(
            model_name='outgoingmail',
            name='thread',
            field=models.CharField(blank=True, help_text='What it is about: mails of one stay together.', max_length=100),
        ),
        migrations.AlterField(
            model_name='hookmessage',
            name='status',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed'), ('held', 'Held for the daily mail'), ('capped', 'Held: too many in an hour'), ('gathered', 'In a mail of several'), ('unwanted', 'Not wanted')], default='queued', max_length=10),
        ),
        migrations.AlterField(
            model_name='outgoingmail',
            name='digest',
            field=models.ForeignKey(blank=True, help_text='The daily mail, or that of an hour with too many, that told of it instead.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='gathered', to='notifications.outgoingmail', verbose_name='mail of several'),
        ),
        migrations.AlterField(
            model_name='outgoingmail',
            name='status',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed'), ('held', 'Held for the daily mail'), ('capped', 'Held: too many in an hour'), ('gathered', 'In a mail of several'), ('unwanted', 'Not wanted')], default='queued', max_length=10),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('status__in', ('held', 'capped'))), fields=['user', 'next_try_at'], name='mail_to_gather'),
        ),
        migrations.AddConstraint(
            model_name='outgoingmail',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'sending', 'sent', 'failed', 'held', 'capped', 'gathered', 'unwanted'])), name='mail_status_known'),
        ),
    ]
