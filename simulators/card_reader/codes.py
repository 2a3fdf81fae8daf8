"""Return codes of the component (reference: business-certificate.md §3.4)."""

from typing import Final

OK: Final = 0
NO_TEXT_TO_SIGN: Final = 0x76000003
NO_CARD: Final = 0x76000006
WRONG_TYPE: Final = 0x76000008
BAD_JSON: Final = 0x7600000B
BAD_PARAMETER: Final = 0x7600000C
TIMEOUT: Final = 0x7600000D
NO_SUCH_METHOD: Final = 0x7600000E
FORBIDDEN_DOMAIN: Final = 0x7600000F
UNTRUSTED_SITE: Final = 0x76000031
NO_PIN: Final = 0x76000998
CANCELLED: Final = 0x76000999
NO_READER: Final = 0x76100003
LOGIN_FAILED: Final = 0x76100006
NO_CERTIFICATE: Final = 0x7610000C
SIGNING_FAILED: Final = 0x76300004
NOT_YET_VALID: Final = 0x76500001
EXPIRED: Final = 0x76500002
BAD_BASE64: Final = 0x76600002
BAD_PIN_FORMAT: Final = 0x83000105

# Minor codes, in `last_error`, beside LOGIN_FAILED.
PIN_INCORRECT: Final = 0xA0
PIN_LENGTH: Final = 0xA2
PIN_LOCKED: Final = 0xA4
ONE_TRY_LEFT: Final = 0x80000001
TWO_TRIES_LEFT: Final = 0x80000002


def signed(code: int) -> int:
    """As the component prints it: a signed 32-bit number, so 0x83000105 and 0x80000001 come out negative."""
    return code - (1 << 32) if code >= 1 << 31 else code
