"""What the database refuses for facts and attempts."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(
            files("tcloud.payments").joinpath("sql/triggers.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
