"""The port to a company's certificate (工商憑證): who holds the card, proven by a signature over our own bytes.

The implementation is named by `settings.COMPANY_CERTIFICATE`; `company_certificate()` loads it. It speaks to the
authority's OCSP and CRL services, so it is never called inside a transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Literal, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused


class CardRank(StrEnum):
    """正卡 or 附卡; only the first can decide who owns the account."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class SigningMethod(StrEnum):
    """How the company signed. A mobile certificate becomes a second value with a second adapter."""

    IC_CARD = "ic_card"
    ORGANISATION_CERTIFICATE = "organisation_certificate"
    """A vendor's certificate that the platform's key store keeps."""


@dataclass(frozen=True, slots=True)
class RevocationEvidence:
    """One answer of the authority, kept as proof that a certificate was good when we looked."""

    source: Literal["ocsp", "crl"]
    certificate_serial: str
    digest: str
    """SHA-256 of `der`, hexadecimal."""
    produced_at: datetime
    next_update: datetime
    der: bytes


@dataclass(frozen=True, slots=True)
class CardIdentity:
    """What a verified card says. `ubn` comes from the certificate and nowhere else."""

    ubn: str
    company_name: str
    rank: CardRank
    subject_class: str
    """Object identifier of the holder's kind; company is 2.16.886.1.100.3.2.2.1.1."""
    certificate_der: bytes
    chain_der: tuple[bytes, ...]
    """Issuers from the card's own up to the pinned root, which is the last."""
    fingerprint: str
    """SHA-256 of the certificate, hexadecimal."""
    serial_number: str
    not_valid_after: datetime
    card_number: str
    """As the reader reports it in the signed attributes; empty where it does not."""
    signed_at: datetime
    """The reader's own clock; within the tolerance of ours."""
    revocation: tuple[RevocationEvidence, ...]
    """One answer for the card, then one for each authority below the root."""
    signing_method: SigningMethod = SigningMethod.IC_CARD


class CompanyCertificate(Protocol):
    """Verifies what a card signed."""

    def verify_challenge(
        self, *, signature: bytes, expected: bytes, nonce: str, now: datetime
    ) -> CardIdentity:
        """Check a CMS signature over `expected` that carries `nonce` as a signed attribute.

        Raises a CardRefused; RevocationUnknown is the only one worth trying again with the same card.
        """
        ...


@cache
def company_certificate() -> CompanyCertificate:
    """The configured implementation."""
    implementation: CompanyCertificate = import_string(settings.COMPANY_CERTIFICATE)()
    return implementation


class CardRefused(Refused):
    """A card's signature or certificate cannot be accepted."""

    code = "card_refused"
    status = 422


class SignatureInvalid(CardRefused):
    """The signature is not one over our bytes, or not in the form the card's component makes."""

    code = "signature_invalid"
    message = _(
        "卡片的簽章和這次的驗證內容不符，所以不能採用。請重新按一次按鈕，再輸入 PIN 碼；還是不行請聯絡客服。"
    )


class SigningTimeWrong(CardRefused):
    """The computer with the reader has the wrong time."""

    code = "signing_time_wrong"
    message = _(
        "您電腦的時間和標準時間差了 %(minutes)s 分鐘以上，簽章時間無法採用。請校正電腦的日期與時間，再試一次。"
    )


class CertificateExpired(CardRefused):
    """Past its last day."""

    code = "certificate_expired"
    message = _(
        "這張工商憑證已於 %(date)s 到期，不能再用來簽章。請到經濟部工商憑證管理中心辦理展期或換發，再回來繼續。"
    )


class CertificateNotYetValid(CardRefused):
    """Before its first day."""

    code = "certificate_not_yet_valid"
    message = _("這張工商憑證從 %(date)s 起才有效。請等到那一天，或改用公司另一張有效的卡片。")


class CertificateRevoked(CardRefused):
    """The authority has withdrawn it."""

    code = "certificate_revoked"
    message = _(
        "這張工商憑證已被廢止（可能曾掛失或換發），不能再用。請改用公司目前有效的卡片，或向工商憑證管理中心查詢。"
    )


class CertificateNotTrusted(CardRefused):
    """Not issued by the authority we pin, or not with the profile it uses."""

    code = "certificate_not_trusted"
    message = _("這張憑證不是由經濟部工商憑證管理中心發行，不能代表公司。請插入工商憑證 IC 卡，再試一次。")


class WrongCardClass(CardRefused):
    """A natural person's or another body's card."""

    code = "wrong_card_class"
    message = _("這是%(kind)s的卡片，不能代表公司。請換成貴公司的工商憑證 IC 卡，再試一次。")


class RevocationUnknown(CardRefused):
    """Neither OCSP nor CRL could say whether the certificate is still good; unknown is never read as good."""

    code = "revocation_unknown"
    message = _(
        "憑證管理中心現在沒有回應，無法確認卡片是否仍有效。卡片本身沒有問題；已填的資料都保留著，請過幾分鐘再試一次。"
    )
    status = 503


class UbnInvalid(CardRefused):
    """The certificate names no number, two different ones, or one that fails the check digit."""

    code = "ubn_invalid"
    message = _("卡片裡的統一編號讀不出來或不一致，所以不能採用。請向工商憑證管理中心確認這張卡片的內容。")


class UbnMismatch(CardRefused):
    """A good card of another company."""

    code = "ubn_mismatch"
    message = _(
        "這張卡片是統一編號 %(card)s 的，這裡要用 %(wanted)s 的卡片。請換成貴公司的工商憑證，再試一次。"
    )


class ChallengeSpent(CardRefused):
    """A challenge is good once, for five minutes, for one purpose in one session."""

    code = "challenge_spent"
    message = _("這次驗證已經用過或超過五分鐘。請重新按一次按鈕，再輸入 PIN 碼。")
    status = 409
