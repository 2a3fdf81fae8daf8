"""What the database refuses in this room."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [
        migrations.RunSQL(
            files("tcloud.members").joinpath("sql/triggers.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
