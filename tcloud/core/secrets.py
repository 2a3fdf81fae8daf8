"""Secrets at rest: sealed with the key from the environment, so that a copy of the database opens nothing."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unsealable(RuntimeError):
    """A stored secret does not open with any configured key: the key was lost or changed."""


def _box() -> MultiFernet:
    # The first key seals; older ones, after a comma, still open what was sealed with them.
    return MultiFernet([Fernet(key.strip()) for key in settings.SECRETS_KEY.split(",")])


def seal(text: str) -> str:
    """Encrypt and authenticate a secret for storing."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret behind a stored text; raises Unsealable."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable("a stored secret does not open with TCLOUD_SECRETS_KEY") from error
