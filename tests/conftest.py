"""What every test stands on."""

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation


def pytest_configure() -> None:
    """The folder of collected files exists, though tests serve none of them."""
    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


RUNNING = (
    "browser/test_barriers", "browser/test_other_ways", "browser/test_whole_journey", "browser/test_card_desk",
    "faults/test_troubles", "journeys/test_by_script",
)  # fmt: skip
"""Files that run the whole product: one worker takes them all, so that its first start is made once."""

LONGEST = (*RUNNING, "web/test_roles", "web/test_english", "journeys/", "faults/", "concurrency/", "browser/", "adapters/test_ecpay", "domain/")
"""Files that take minutes go first, so that two workers end at nearly the same time; what is not named goes last."""


def _rank(item: pytest.Item) -> int:
    return next((place for place, name in enumerate(LONGEST) if f"tests/{name}" in item.nodeid), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files by how long they take, and give each worker whole files; tests of one file keep their order."""
    items.sort(key=_rank)
    for item in items:
        file = item.nodeid.partition("::")[0]
        group = "product" if file.removeprefix("tests/").removesuffix(".py") in RUNNING else file
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def _static_files_without_a_manifest(settings) -> None:
    """Pages name their assets without `collectstatic` having run."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def _passwords_are_hashed_quickly(settings) -> None:
    """Hashing slowly is for burglars; tests open hundreds of accounts. `test_passwords` keeps the product slow."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _every_test_begins_in_chinese() -> None:
    """A page asked for in English leaves its language to the thread; the next test must not inherit it."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_page_is_kept_from_the_test_before() -> None:
    """Parts of pages stay in the process for some seconds (settings.CACHES), a test's rows do not."""
    caches["pages"].clear()


EMPTY = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT quote_ident(relname) AS name, pg_relation_size(oid) AS bytes FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
        AND relname NOT IN ('django_content_type', 'auth_permission', 'django_migrations')
    LOOP
        IF found.bytes < 200000 THEN
            EXECUTE 'DELETE FROM ' || found.name;
        ELSE
            EXECUTE 'TRUNCATE ' || found.name || ' CASCADE';
        END IF;
    END LOOP;
END $$
"""
"""Empty what is not empty: a TRUNCATE of every table makes files anew for each, a hundred times slower than this."""


@pytest.fixture(scope="session", autouse=True)
def _append_only_tables_are_emptied_between_tests() -> None:
    """Transactional tests empty every table afterwards: past the triggers that refuse it, and the queue's too."""

    def empty(_case: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(EMPTY)

    TransactionTestCase._fixture_teardown = empty
