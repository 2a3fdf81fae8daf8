"""The texts themselves, beside the hashes that consents carry."""

from importlib.resources import files

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0002_triggers")]

    operations = [
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("text", models.TextField()),
            ],
        ),
        migrations.RunSQL(
            files("tcloud.members").joinpath("sql/consent_texts.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
