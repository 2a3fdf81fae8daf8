"""The port to the keys the platform keeps for vendors: an organisation certificate that signs when they accept.

The implementation is named by `settings.KEY_STORE`. A folder of PKCS#12 files is one; a hardware module would be
another. Opening a key asks the authority whether its certificate is still good, so it happens outside transactions.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.identity.company_certificate import RevocationEvidence


class NoKeyKept(Refused):
    """The platform keeps no usable certificate for this vendor; it can still sign with its card."""

    code = "no_key_kept"
    message = _("平臺沒有存放貴公司可用的簽章憑證，所以還沒有接單。請改用工商憑證 IC 卡簽署。")


@dataclass(frozen=True, slots=True)
class KeptCertificate:
    """A certificate of the store, found good just now."""

    certificate_der: bytes
    chain_der: tuple[bytes, ...]
    """Issuers up to the pinned root."""
    revocation: tuple[RevocationEvidence, ...]


class KeyStore(Protocol):
    """Keeps vendors' keys and signs with them; the keys themselves never leave it."""

    def keeps(self, ubn: str) -> bool:
        """Whether there is a certificate for this 統一編號; asks nobody, so a page may call it."""
        ...

    def certificate(self, ubn: str, now: datetime) -> KeptCertificate:
        """The certificate, checked like a card's. Raises NoKeyKept, CardRefused (expired, revoked, unknown …)."""
        ...

    def sign(self, ubn: str, content: bytes) -> bytes:
        """An RSA PKCS#1 v1.5 signature with SHA-256 over `content`; raises NoKeyKept."""
        ...


@cache
def key_store() -> KeyStore:
    """The configured implementation."""
    implementation: KeyStore = import_string(settings.KEY_STORE)()
    return implementation
