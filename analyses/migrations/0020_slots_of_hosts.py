"""How many scans run at once against one host: a slot of its own, beside that of the installation."""

from collections import Counter
from urllib.parse import urlsplit

from django.db import migrations, models


def _host(url):
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f"{host}:{port}"


def name_hosts(apps, _schema_editor):
    """Of what has not ended. What runs keeps running, also where more of a host do than may from now on."""
    scans = apps.get_model("analyses", "ScanOccurrence").objects
    numbers = Counter()
    for pk, url, slot in list(scans.filter(ended_at=None).order_by("pk").values_list("pk", "url", "slot")):
        host = _host(url)
        numbers[host] += slot is not None
        scans.filter(pk=pk).update(target_host=host, host_slot=None if slot is None else numbers[host])


class Migration(migrations.Migration):
    dependencies = [
        ("analyses", "0019_engine_logs"),
    ]

    operations = [
        migrations.AddField(
            model_name="scanoccurrence",
            name="target_host",
            field=models.CharField(
                blank=True, default="", help_text="With its port where that is not the usual.", max_length=300
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="scanoccurrence",
            name="host_slot",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.RunPython(name_hosts, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="scanoccurrence",
            constraint=models.UniqueConstraint(
                fields=("target_host", "host_slot"), name="scan_occurrence_host_slot_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scanoccurrence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("host_slot__isnull", True), ("slot__isnull", True)),
                    models.Q(("host_slot__isnull", False), ("slot__isnull", False)),
                    _connector="OR",
                ),
                name="scan_occurrence_slots_go_together",
            ),
        ),
    ]
