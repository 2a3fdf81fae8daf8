"""The name to show stands beside the reference of who acted, and never in its place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_settled")]

    operations = [
        migrations.AddField(
            model_name="auditrow",
            name="actor_name",
            field=models.CharField(default="", help_text="what to show beside it; proves nothing", max_length=80),
        ),
        migrations.AlterField(
            model_name="auditrow",
            name="actor",
            field=models.CharField(
                help_text="core.actors: user:17, rule:self_pay; before, what callers had", max_length=80
            ),
        ),
    ]
