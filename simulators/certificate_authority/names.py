"""Names and identifiers of the real hierarchy (reference: business-certificate.md §5), marked as a test."""

from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

SUBJECT_DIRECTORY_ATTRIBUTES: Final = x509.ObjectIdentifier("2.5.29.9")
POLICY: Final = x509.ObjectIdentifier("2.16.886.101.0.3.3")
SUBJECT_CLASS: Final = "2.16.886.1.100.2.1"
CARD_RANK: Final = "2.16.886.1.100.2.2"
NATIONAL_ID_TAIL: Final = "2.16.886.1.100.2.51"
UNIFORM_ORGANIZATION_ID: Final = "2.16.886.1.100.2.101"
CARD_NUMBER_ATTRIBUTE: Final = "2.16.886.1.100.2.204"
NONCE_ATTRIBUTE: Final = "1.2.840.113549.1.9.25.3"


class CardKind(StrEnum):
    """Whose card it is."""

    COMPANY = "company"
    BRANCH = "branch"
    BUSINESS = "business"
    PERSON = "person"
    GOVERNMENT = "government"


CLASS_OF_KIND: Final[dict[CardKind, str]] = {
    CardKind.COMPANY: "2.16.886.1.100.3.2.2.1.1",
    CardKind.BRANCH: "2.16.886.1.100.3.2.3.3.1",
    CardKind.BUSINESS: "2.16.886.1.100.3.2.3.1",
    CardKind.PERSON: "2.16.886.1.100.3.1.1",
    CardKind.GOVERNMENT: "2.16.886.1.100.3.2.1.1",
}


class Rank(StrEnum):
    """正卡 or 附卡."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class IssuerKey(StrEnum):
    """The authorities of the demonstration; also the stem of their files and addresses."""

    ROOT = "root"
    MOEACA_G2 = "moeaca-g2"
    MOEACA_G3 = "moeaca-g3"
    MOICA = "moica"
    FORGED_ROOT = "forged-root"
    FORGED = "forged"
    """Carries the very name of MOEACA, under a root nobody trusts."""


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"), *(x509.NameAttribute(*part) for part in parts)]
    )


_EXECUTIVE_YUAN: Final = (NameOID.ORGANIZATION_NAME, "行政院（測試 Demo）")
ROOT_NAME: Final = _name(
    _EXECUTIVE_YUAN, (NameOID.COMMON_NAME, "Government Root Certification Authority - Demo G3")
)
MOEACA_NAME: Final = _name(_EXECUTIVE_YUAN, (NameOID.ORGANIZATIONAL_UNIT_NAME, "工商憑證管理中心"))
MOICA_NAME: Final = _name(_EXECUTIVE_YUAN, (NameOID.ORGANIZATIONAL_UNIT_NAME, "內政部憑證管理中心"))

ISSUER_NAMES: Final[dict[IssuerKey, x509.Name]] = {
    IssuerKey.ROOT: ROOT_NAME,
    IssuerKey.MOEACA_G2: MOEACA_NAME,
    IssuerKey.MOEACA_G3: MOEACA_NAME,
    IssuerKey.MOICA: MOICA_NAME,
    IssuerKey.FORGED_ROOT: ROOT_NAME,
    IssuerKey.FORGED: MOEACA_NAME,
}
PARENT_OF: Final[dict[IssuerKey, IssuerKey]] = {
    IssuerKey.ROOT: IssuerKey.ROOT,
    IssuerKey.MOEACA_G2: IssuerKey.ROOT,
    IssuerKey.MOEACA_G3: IssuerKey.ROOT,
    IssuerKey.MOICA: IssuerKey.ROOT,
    IssuerKey.FORGED_ROOT: IssuerKey.FORGED_ROOT,
    IssuerKey.FORGED: IssuerKey.FORGED_ROOT,
}


def holder_name(kind: CardKind, name: str, number: str) -> x509.Name:
    """`C=TW, O=<company>, serialNumber=<統編>`, never a CN; a person has a CN and sixteen digits."""
    if kind is CardKind.PERSON:
        return _name((NameOID.COMMON_NAME, name), (NameOID.SERIAL_NUMBER, number.rjust(16, "0")))
    if not number:
        return _name((NameOID.ORGANIZATION_NAME, name))
    return _name((NameOID.ORGANIZATION_NAME, name), (NameOID.SERIAL_NUMBER, number))


def responder_name(issuer: IssuerKey) -> x509.Name:
    """The OCSP responder of one authority."""
    return _name(_EXECUTIVE_YUAN, (NameOID.COMMON_NAME, f"OCSP Responder (Demo) {issuer}"))


TSA_NAME: Final = _name(_EXECUTIVE_YUAN, (NameOID.COMMON_NAME, "時戳服務 Time Stamping Authority (Demo)"))
