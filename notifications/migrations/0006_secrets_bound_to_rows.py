from uuid import uuid4

from django.db import migrations, models

from dashboard.binding_secrets import bind


def bind_all(apps, _schema_editor):
    bind(apps.get_model('notifications', 'hook'), 'address', 'secret')


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0005_hooks_for_everybody'),
    ]

    operations = [
        migrations.AddField(
            model_name='hook',
            name='seal',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunPython(bind_all),  # not undone: older versions cannot read what is bound
        migrations.AlterField(
            model_name='hook',
            name='seal',
            field=models.UUIDField(default=uuid4, editable=False, help_text='What its secrets are bound to.', unique=True),
        ),
    ]
