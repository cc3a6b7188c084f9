from uuid import uuid4

from django.db import migrations, models

from dashboard.binding_secrets import bind

_SCAN_SECRETS = ('secret', 'totp_secret', 'headers', 'client_certificate', 'login_script', 'logout_script', 'crawl_script')
_SECRETS = {
    'scan': _SCAN_SECRETS,
    'scanoccurrence': _SCAN_SECRETS,
    'signintest': _SCAN_SECRETS,
    'specification': ('requests',),
}


def bind_all(apps, _schema_editor):
    for name, columns in _SECRETS.items():
        bind(apps.get_model('analyses', name), *columns)


class Migration(migrations.Migration):

    dependencies = [
        ('analyses', '0013_last_looks'),
    ]

    operations = [
        *(
            migrations.AddField(model_name=name, name='seal', field=models.UUIDField(editable=False, null=True))
            for name in _SECRETS
        ),
        migrations.RunPython(bind_all),  # not undone: older versions cannot read what is bound
        *(
            migrations.AlterField(
                model_name=name,
                name='seal',
                field=models.UUIDField(default=uuid4, editable=False, help_text='What its secrets are bound to.', unique=True),
            )
            for name in _SECRETS
        ),
    ]
