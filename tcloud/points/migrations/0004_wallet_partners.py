"""What the database refuses of wallets, grants and adjustments."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("points", "0003_adjustments"), ("ledger", "0002_triggers")]

    operations = [
        migrations.RunSQL(
            files("tcloud.points").joinpath("sql/wallets.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
