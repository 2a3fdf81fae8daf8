"""Which keys and digests are still believed, and what the libraries raise over bytes that are no such structure."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

SMALLEST_KEY_BITS = 2048
STRONG_DIGESTS = ("sha256", "sha384", "sha512")
UNREADABLE = (
    ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, InvalidSignature, UnsupportedAlgorithm,
    x509.ExtensionNotFound, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""Every bit of a certificate, signature or answer was flipped in turn to find these (tests/adapters)."""
