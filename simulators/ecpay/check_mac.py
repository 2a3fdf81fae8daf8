"""The gateway's side of CheckMacValue, written on its own so that both sides are checked against each other.

Source: reference sheet payments-ecpay.md §2.
"""

import hashlib
import hmac
from collections.abc import Mapping

# What .NET's UrlEncode leaves alone, after lower-casing; a space becomes a plus.
_UNTOUCHED = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_.!*()")


def _net_encode(text: str) -> str:
    out = []
    for byte in text.encode("utf-8"):
        lowered = byte + 32 if 65 <= byte <= 90 else byte
        if lowered == 32:
            out.append("+")
        elif lowered in _UNTOUCHED:
            out.append(chr(lowered))
        else:
            out.append(f"%{byte:02x}")
    return "".join(out)


def check_mac_value(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> str:
    """SHA-256 over all fields but CheckMacValue, in case-insensitive key order, empty ones included."""
    names = sorted((name for name in fields if name != "CheckMacValue"), key=str.lower)
    joined = "&".join(f"{name}={fields[name]}" for name in names)
    encoded = _net_encode(f"HashKey={hash_key}&{joined}&HashIV={hash_iv}")
    return hashlib.sha256(encoded.encode()).hexdigest().upper()


def is_genuine(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> bool:
    """Whether the sent check value is the one these fields and keys give."""
    sent = fields.get("CheckMacValue", "").encode("utf-8", "replace")
    return hmac.compare_digest(check_mac_value(fields, hash_key, hash_iv).encode(), sent)
