from django.db import migrations, models


def open_those_without_teams(apps, _schema_editor):
    """What had no teams was told of everything."""
    apps.get_model("notifications", "Hook").objects.filter(teams=None).update(for_everybody=True)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("notifications", "0004_refused_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="hook",
            name="for_everybody",
            field=models.BooleanField(default=False, help_text="It is told of everybody's analyses."),
        ),
        migrations.AlterField(
            model_name="hook",
            name="teams",
            field=models.ManyToManyField(
                blank=True,
                help_text="Otherwise: it is told of the analyses that one of these teams sees.",
                related_name="hooks",
                to="auth.group",
            ),
        ),
        migrations.RunPython(open_those_without_teams, migrations.RunPython.noop, elidable=True),
    ]
