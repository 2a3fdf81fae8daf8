"""What the database refuses of drafts, versions and the calendar."""

from importlib.resources import files

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("programme", "0003_drafts_and_calendar")]

    operations = [
        migrations.RunSQL(
            files("tcloud.programme").joinpath("sql/drafts.sql").read_text(),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
