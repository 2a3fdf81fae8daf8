"""What a card's certificate says about its holder: reference/business-certificate.md §5."""

from dataclasses import dataclass

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from django.utils.translation import gettext_lazy as _

from tcloud.core.ubn import is_valid_ubn
from tcloud.identity.company_certificate import (
    CardRank,
    CertificateNotTrusted,
    UbnInvalid,
    WrongCardClass,
)

SUBJECT_CLASS = "2.16.886.1.100.2.1"
RANK = "2.16.886.1.100.2.2"
UNIFORM_NUMBER = "2.16.886.1.100.2.101"

COMPANY = "2.16.886.1.100.3.2.2.1.1"
BUSINESS = "2.16.886.1.100.3.2.3.1"
ACCEPTED_CLASSES = (COMPANY, BUSINESS)
OTHER_CLASSES = {
    "2.16.886.1.100.3.1.1": _("自然人憑證"),
    "2.16.886.1.100.3.2.3.3.1": _("分公司（請由總公司辦理）"),
    "2.16.886.1.100.3.2.1.1": _("政府機關"),
    "2.16.886.1.100.3.2.1.2": _("政府單位"),
    "2.16.886.1.100.3.3.1": _("伺服器"),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """The company a certificate was issued to."""

    ubn: str
    name: str
    rank: CardRank
    subject_class: str


def subject_class_of(certificate: asn1_x509.Certificate) -> str:
    """The holder's class as an object identifier; raises WrongCardClass for all but companies and businesses."""
    values = _directory_attributes(certificate).get(SUBJECT_CLASS, [])
    if len(values) == 1 and values[0] in ACCEPTED_CLASSES:
        return values[0]
    raise WrongCardClass(kind=OTHER_CLASSES.get(values[0] if values else "", _("其他種類")))


def holder_of(certificate: asn1_x509.Certificate) -> Holder:
    """Number, name, rank and class; raises UbnInvalid, WrongCardClass, CertificateNotTrusted."""
    attributes = _directory_attributes(certificate)
    subject = certificate.subject.native
    numbers = [*attributes.get(UNIFORM_NUMBER, []), *_all(subject, "serial_number")]
    if len(set(numbers)) != 1 or not is_valid_ubn(numbers[0]):
        raise UbnInvalid
    names = _all(subject, "organization_name")
    ranks = attributes.get(RANK, [])
    if len(names) != 1 or len(ranks) != 1 or ranks[0] not in list(CardRank):
        raise CertificateNotTrusted
    return Holder(numbers[0], names[0], CardRank(ranks[0]), subject_class_of(certificate))


def _all(subject: dict[str, str | list[str]], name: str) -> list[str]:
    value = subject.get(name, [])
    return [value] if isinstance(value, str) else value


def _directory_attributes(certificate: asn1_x509.Certificate) -> dict[str, list[str]]:
    """subjectDirectoryAttributes as texts and dotted object identifiers; empty where there are none."""
    found: dict[str, list[str]] = {}
    try:
        for extension in certificate["tbs_certificate"]["extensions"]:
            if extension["extn_id"].dotted == "2.5.29.9":
                for attribute in core.SequenceOf.load(
                    extension["extn_value"].contents, spec=_DirectoryAttribute, strict=True
                ):
                    values = [_plain(value) for value in attribute["values"]]
                    found.setdefault(attribute["type"].dotted, []).extend(values)
    except (ValueError, TypeError) as error:
        raise CertificateNotTrusted from error
    return found


def _plain(value: core.Any) -> str:
    parsed = value.parse()
    if isinstance(parsed, core.ObjectIdentifier):
        return str(parsed.dotted)
    native = parsed.native
    return native if isinstance(native, str) else ""


class _AnySet(core.SetOf):  # type: ignore[misc]
    _child_spec = core.Any


class _DirectoryAttribute(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", _AnySet)]
