"""The name to show stands beside the reference of who acted, and never in its place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_key_of_a_company")]

    operations = [
        migrations.AddField(
            model_name="orderevent",
            name="actor_name",
            field=models.CharField(default="", help_text="what to show beside it; proves nothing", max_length=80),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="actor",
            field=models.CharField(
                help_text="core.actors: user:17, rule:self_pay; before, a name or a rule", max_length=80
            ),
        ),
    ]
