import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analyses', '0012_everybodys_targets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LastLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name='analysisoccurrence',
            index=models.Index(fields=['ended_at'], name='occurrence_ended'),
        ),
        migrations.AddIndex(
            model_name='judgement',
            index=models.Index(fields=['at'], name='judgement_at'),
        ),
        migrations.AddField(
            model_name='lastlook',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='last_look', to=settings.AUTH_USER_MODEL),
        ),
    ]
