"""Lists as one parameter arrive in the database as they were."""

import pytest
from django.db import connection

from tcloud.audit.models import AuditRow
from tcloud.core.arrays import among_numbers, among_texts, number_array, text_array
from tests import make

pytestmark = pytest.mark.django_db
TEXTS = ['"', "\\", '\\"', "", " ", "NULL", "{a,b}", "a,b", "王小明", "line\nbreak", "%s", "'", '{"x": "a\\\\b"}']


@pytest.mark.parametrize("texts", [TEXTS, [""], [], *[[one] for one in TEXTS]])
def test_texts_arrive_as_they_are(texts: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [text_array(texts)])
        assert cursor.fetchone() == (texts,)


@pytest.mark.parametrize("numbers", [[], [0], [1, -2, 2**62]])
def test_numbers_arrive_as_they_are(numbers: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[]", [number_array(numbers)])
        assert cursor.fetchone() == (numbers,)


def test_rows_are_found_by_many_numbers_and_texts() -> None:
    rows = [AuditRow.objects.create(tag=f"t{n}", actor="a", subject=text[:60], at=make.NOW) for n, text in enumerate(TEXTS)]
    assert set(AuditRow.objects.filter(subject__in=among_texts(TEXTS))) >= set(rows)
    assert list(AuditRow.objects.filter(pk__in=among_numbers([rows[2].pk, rows[5].pk])).order_by("pk")) == [rows[2], rows[5]]
    assert list(AuditRow.objects.filter(pk__in=among_numbers([]))) == []
