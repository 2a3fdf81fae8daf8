"""An order without a signed contract goes nowhere, whatever the code does."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_english_names"),
        ("contracts", "0003_countersignatures_and_archive"),
    ]

    operations = [
        migrations.RunSQL(
            files("tcloud.orders").joinpath("sql/signed.sql").read_text(), reverse_sql=migrations.RunSQL.noop
        ),
    ]
