"""The table of Django's DatabaseCache: made here, by the tables' owner, and not by a command somebody may forget."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_attempts")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE identity_cache (
                cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
            );
            CREATE INDEX identity_cache_expires ON identity_cache (expires);
            """,
            "DROP TABLE identity_cache",
        )
    ]
