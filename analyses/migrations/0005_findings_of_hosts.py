"""A finding belongs to one host: the same flaw of two hosts was one finding before, and becomes two."""

import hashlib
from itertools import groupby
from urllib.parse import urlsplit

from django.db import migrations, models

SOME = 500


def _digest(*parts):
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _host_and_path(url):
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", url.split("?")[0]
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return (host if port in (None, usual) else f"{host}:{port}"), parts.path


def give_hosts(apps, schema_editor):
    """Give every finding its host, and divide those that were seen on several."""
    Finding = apps.get_model("analyses", "Finding")
    pks = list(Finding.objects.filter(host="").order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), SOME):
        for finding in Finding.objects.filter(pk__in=pks[start : start + SOME]):
            _divide(finding)


def _divide(finding):
    """The first host keeps the row; each further one gets a copy with its own instances."""
    instances = finding.instances.select_related("scan_occurrence__occurrence").only(
        "url", "info", "digest", "scan_occurrence__occurrence__number"
    )
    seen = sorted(instances, key=lambda instance: (_host_and_path(instance.url), instance.pk))
    hosts = [list(rows) for _, rows in groupby(seen, key=lambda instance: _host_and_path(instance.url))]
    hosts.sort(key=lambda rows: rows[0].pk)
    for number, rows in enumerate(hosts):
        host, path = _host_and_path(rows[0].url)
        runs = sorted((row.scan_occurrence.occurrence for row in rows), key=lambda run: run.number)
        if number:
            finding.pk = None
            finding._state.adding = True
        finding.host = host[:300]
        finding.fingerprint = _digest(finding.category, finding.method, host, path, finding.parameter)
        finding.first_seen, finding.last_seen = runs[0], runs[-1]
        finding.save()
        for row in rows:
            row.finding_id = finding.pk
            row.digest = _digest(finding.fingerprint, row.url.split("?")[0], row.info)
        type(rows[0]).objects.bulk_update(rows, ["finding", "digest"], batch_size=SOME)


class Migration(migrations.Migration):

    dependencies = [("analyses", "0004_configuration_templates")]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="host",
            field=models.CharField(
                blank=True,
                default="",
                help_text="With its port, where it is not the scheme's own.",
                max_length=300,
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="finding",
            name="fingerprint",
            field=models.CharField(help_text="Of category, method, host, path and parameter.", max_length=64),
        ),
        migrations.RunPython(give_hosts, migrations.RunPython.noop),
    ]
