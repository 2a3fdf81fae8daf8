"""The port's implementation over a folder: one PKCS#12 file a vendor, named by its 統一編號.

The folder belongs to the web process alone (0700); all files are encrypted with one password from the settings.
Installing a certificate is putting a file there; nothing has to be restarted.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from django.conf import settings

from tcloud.adapters.company_certificate.verifier import CardVerifier
from tcloud.contracts.key_store import KeptCertificate, NoKeyKept
from tcloud.core.ubn import is_valid_ubn

logger = logging.getLogger("tcloud.key_store")


@dataclass(frozen=True, slots=True)
class _Pair:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


class FolderKeyStore:
    """Keys read from `settings.KEY_STORE_FOLDER`; an empty setting keeps none."""

    def __init__(self) -> None:
        self._pairs: dict[str, tuple[int, _Pair]] = {}

    @cached_property
    def _verifier(self) -> CardVerifier:
        return CardVerifier()

    def keeps(self, ubn: str) -> bool:
        """See the port."""
        path = _file_of(ubn)
        return path is not None and path.exists()

    def certificate(self, ubn: str, now: datetime) -> KeptCertificate:
        """See the port. A certificate of another company under this name is none at all."""
        der = self._pair(ubn).certificate.public_bytes(Encoding.DER)
        checked = self._verifier.check_certificate(der, now)
        if checked.holder.ubn != ubn:
            logger.error("the certificate kept for %s belongs to %s", ubn, checked.holder.ubn)
            raise NoKeyKept
        return KeptCertificate(der, checked.chain_der, checked.revocation)

    def sign(self, ubn: str, content: bytes) -> bytes:
        """See the port."""
        return self._pair(ubn).key.sign(content, padding.PKCS1v15(), SHA256())

    def _pair(self, ubn: str) -> _Pair:
        """Key and certificate, decrypted once for each version of the file; raises NoKeyKept."""
        path = _file_of(ubn)
        try:
            if path is None:
                raise NoKeyKept
            changed = path.stat().st_mtime_ns
            known = self._pairs.get(ubn)
            if known is None or known[0] != changed:
                known = self._pairs[ubn] = (changed, _open(path))
        except (OSError, ValueError) as error:
            logger.error("the key file of %s cannot be used: %s", ubn, type(error).__name__)
            raise NoKeyKept from error
        return known[1]


def _file_of(ubn: str) -> Path | None:
    if not settings.KEY_STORE_FOLDER or not is_valid_ubn(ubn):
        return None
    return Path(settings.KEY_STORE_FOLDER) / f"{ubn}.p12"


def _open(path: Path) -> _Pair:
    """Raises ValueError for a wrong password or a file without an RSA key and its certificate."""
    key, certificate, _others = pkcs12.load_key_and_certificates(
        path.read_bytes(), settings.KEY_STORE_PASSWORD.encode()
    )
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise ValueError("no RSA key with its certificate")
    return _Pair(key, certificate)
