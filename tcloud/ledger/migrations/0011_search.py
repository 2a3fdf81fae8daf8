"""An account is found by the number in its code: a company's 統編, an order's number, at any size of the journal."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_judging")]

    operations = [
        migrations.RunSQL(
            """
            CREATE INDEX ledger_account_third ON ledger_account (split_part(code, '/', 3));
            CREATE INDEX ledger_account_fifth ON ledger_account (split_part(code, '/', 5)) WHERE split_part(code, '/', 5) <> '';
            """,
            "DROP INDEX ledger_account_third, ledger_account_fifth",
        )
    ]
