"""Which keys and digests are still believed."""

SMALLEST_KEY_BITS = 2048
STRONG_DIGESTS = ("sha256", "sha384", "sha512")
