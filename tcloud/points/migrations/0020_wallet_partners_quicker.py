"""Whom a wallet exchanges points with is judged in one look where nothing but a call's budget is on the other side."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("points", "0004_wallet_partners"), ("ledger", "0010_judging")]

    operations = [
        migrations.RunSQL(
            files("tcloud.points").joinpath("sql/wallet_partners.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
