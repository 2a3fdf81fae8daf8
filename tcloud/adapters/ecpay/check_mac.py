"""CheckMacValue: ECPay's keyed hash over a form (reference sheet §2); its AES services do without."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote_plus

FIELD = "CheckMacValue"
# PHP's urlencode escapes these, .NET's does not; the hash is over .NET's spelling. `~` and `'` stay escaped.
_NET_SAFE = {"%2d": "-", "%5f": "_", "%2e": ".", "%21": "!", "%2a": "*", "%28": "(", "%29": ")"}
# Values that arrive with these still encoded are decoded before hashing (documentation note 2858).
_STILL_ENCODED = {"%26": "&", "%3C": "<", "%3c": "<"}


def _spelled(text: str) -> str:
    lowered = quote_plus(text, safe="").replace("~", "%7e").lower()
    return re.sub("|".join(_NET_SAFE), lambda match: _NET_SAFE[match[0]], lowered)


def check_mac_value(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> str:
    """The check value of a form: every field but itself, empty ones too, by key whatever its case."""
    names = sorted((name for name in fields if name != FIELD), key=str.lower)
    joined = "&".join(f"{name}={fields[name]}" for name in names)
    return (
        hashlib.sha256(_spelled(f"HashKey={hash_key}&{joined}&HashIV={hash_iv}").encode()).hexdigest().upper()
    )


def signed(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> dict[str, str]:
    """The form with its check value."""
    return {**fields, FIELD: check_mac_value(fields, hash_key, hash_iv)}


def is_genuine(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> bool:
    """Whether a received form carries the check value that its fields and our keys give."""
    claimed = fields.get(FIELD, "").encode("utf-8", "replace")
    if hmac.compare_digest(check_mac_value(fields, hash_key, hash_iv).encode(), claimed):
        return True
    decoded = {name: _decoded(value) for name, value in fields.items()}
    if decoded == dict(fields):
        return False
    return hmac.compare_digest(check_mac_value(decoded, hash_key, hash_iv).encode(), claimed)


def _decoded(value: str) -> str:
    for code, character in _STILL_ENCODED.items():
        value = value.replace(code, character)
    return value
