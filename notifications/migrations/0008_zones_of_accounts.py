from zoneinfo import available_timezones

from django.db import migrations


def move_zones(apps, _schema_editor):
    """The zone of the daily mail becomes the account's, for whoever chose none there.

    UTC stays where it is: it is what mails have without a choice, and pages go on following the browser.
    """
    ChosenZone = apps.get_model("accounts", "ChosenZone")
    chosen = set(ChosenZone.objects.values_list("user", flat=True))
    known = available_timezones() - {"UTC"}
    rows = apps.get_model("notifications", "DigestTime").objects.exclude(user__in=chosen).values_list("user", "zone")
    ChosenZone.objects.bulk_create(ChosenZone(user_id=user, zone=zone) for user, zone in rows if zone in known)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_chosen_languages'),
        ('notifications', '0007_mails_an_hour_and_threads'),
    ]

    operations = [
        migrations.RunPython(move_zones, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='digesttime',
            name='zone',
        ),
    ]
