"""Counting how often a stranger tries something."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_triggers")]

    operations = [
        migrations.CreateModel(
            name="AttemptCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("until", models.DateTimeField(help_text="when the span ends and counting begins anew")),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["until"], name="attempt_count_by_age")],
                "constraints": [
                    models.UniqueConstraint(models.F("key"), models.F("until"), name="attempt_count_once")
                ],
            },
        ),
    ]
