"""The triggers cost the same per row however many rows a statement writes and however long the journal is."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    """Functions only; no row is touched."""

    dependencies = [("ledger", "0004_nothing_in_the_middle")]
    operations = [
        migrations.RunSQL(
            files("tcloud.ledger").joinpath("sql/large_statements.sql").read_text(), reverse_sql=migrations.RunSQL.noop
        )
    ]
