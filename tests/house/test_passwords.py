"""A stolen table of passwords is of little use: each is hashed slowly, with a salt of its own."""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password

from tcloud.config import settings as product
from tests import make


@pytest.fixture
def as_in_the_product(settings: Any) -> None:
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS


def test_passwords_are_stored_by_scrypt(as_in_the_product: None) -> None:
    first, second = make_password(make.PASSWORD), make_password(make.PASSWORD)
    assert first.startswith("scrypt$16384$")
    assert first != second
    assert check_password(make.PASSWORD, first)
    assert not check_password(make.PASSWORD + "!", first)
