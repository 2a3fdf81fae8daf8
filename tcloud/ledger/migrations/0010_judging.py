"""What is posted is judged by fewer and cheaper triggers, which refuse the same."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_account_times_and_single_reversal")]

    operations = [
        migrations.RunSQL(
            files("tcloud.ledger").joinpath("sql/judging.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
