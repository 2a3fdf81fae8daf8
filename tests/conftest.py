"""What every test stands on."""

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import translation


def pytest_configure() -> None:
    """The folder of collected files exists, though tests serve none of them."""
    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _static_files_without_a_manifest(settings) -> None:
    """Pages name their assets without `collectstatic` having run."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def _every_test_begins_in_chinese() -> None:
    """A page asked for in English leaves its language to the thread; the next test must not inherit it."""
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _append_only_tables_are_emptied_between_tests() -> None:
    """Transactional tests empty every table afterwards: past the triggers that refuse it, and the queue's too."""

    def empty(self: BaseDatabaseOperations, statements: list[str]) -> None:
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")

    type(connection.ops).execute_sql_flush = empty
