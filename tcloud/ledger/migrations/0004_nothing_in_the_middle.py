"""No transfer can be slipped into the middle of an account's history."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_account_times_and_single_reversal")]

    operations = [
        migrations.RunSQL(
            files("tcloud.ledger").joinpath("sql/continues.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
