"""Sealing works for a role that may only add rows."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_triggers")]

    operations = [
        migrations.RunSQL(
            files("tcloud.audit").joinpath("sql/settled.sql").read_text(),
            reverse_sql="DROP FUNCTION audit_lock_out_writers()",
        ),
    ]
