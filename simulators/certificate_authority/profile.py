"""How each kind of certificate looks, extension by extension. Pure: keys and times in, certificates out."""

from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID as Aia
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulators.certificate_authority import names
from simulators.certificate_authority.names import CardKind, IssuerKey, Rank

PARTITIONS = 4
"""Each authority spreads its revocations over so many partial lists, by serial number."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority with its key."""

    key_name: IssuerKey
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Validity:
    """From and to, both aware."""

    not_before: datetime
    not_after: datetime


class _Values(core.SetOf):  # type: ignore[misc]
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", _Values)]


class _Attributes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Attribute


def directory_attributes(kind: CardKind, rank: Rank | None, number: str) -> x509.UnrecognizedExtension:
    """The extension 2.5.29.9: subject class, card rank, and the 統一編號 (a person: last four)."""
    rows = [(names.SUBJECT_CLASS, core.ObjectIdentifier(names.CLASS_OF_KIND[kind]))]
    if rank is not None:
        rows.append((names.CARD_RANK, core.PrintableString(rank.value)))
    if number:
        oid = names.NATIONAL_ID_TAIL if kind is CardKind.PERSON else names.UNIFORM_ORGANIZATION_ID
        rows.append((oid, core.PrintableString(number[-4:] if kind is CardKind.PERSON else number)))
    attributes = _Attributes([_Attribute({"type": oid, "values": _Values([value])}) for oid, value in rows])
    return x509.UnrecognizedExtension(names.SUBJECT_DIRECTORY_ATTRIBUTES, attributes.dump())


def crl_path(issuer: IssuerKey, partition: int | None = None) -> str:
    """Where a list is published; without a partition the complete one."""
    return f"/crl/{issuer}-complete.crl" if partition is None else f"/crl/{issuer}-{partition}.crl"


def partition_of(serial_number: int) -> int:
    """The partial list a serial number belongs to, 1 to PARTITIONS."""
    return serial_number % PARTITIONS + 1


def _key_usage(*on: str) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{usage: usage in on for usage in every})


def _start(
    subject: x509.Name, public_key: rsa.RSAPublicKey, serial_number: int, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(serial_number)
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _issued_by(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return builder.issuer_name(issuer.certificate.subject).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )


def _uri(address: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(address)


def _points(*addresses: str) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([_uri(address)], None, None, None) for address in addresses]
    )


def _access(base_url: str, issuer: IssuerKey, *, ocsp: bool) -> x509.AuthorityInformationAccess:
    where = "/root.crt" if issuer is IssuerKey.ROOT else f"/ca/{issuer}.crt"
    rows = [x509.AccessDescription(Aia.CA_ISSUERS, _uri(base_url + where))]
    if ocsp:
        rows.insert(0, x509.AccessDescription(Aia.OCSP, _uri(f"{base_url}/ocsp")))
    return x509.AuthorityInformationAccess(rows)


def _policies() -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(names.POLICY, None)])


def root_certificate(key: rsa.RSAPrivateKey, serial_number: int, validity: Validity) -> x509.Certificate:
    """Self-signed, as a root is; pinned by its digest, so nothing points at where it lies."""
    return (
        _start(names.ROOT_NAME, key.public_key(), serial_number, validity)
        .issuer_name(names.ROOT_NAME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )


def intermediate_certificate(
    name: IssuerKey,
    key: rsa.RSAPublicKey,
    issuer: Issuer,
    serial_number: int,
    validity: Validity,
    base_url: str,
) -> x509.Certificate:
    """An authority below the root; its own revocation stands in the root's list (CARL)."""
    builder = _start(names.ISSUER_NAMES[name], key, serial_number, validity)
    return (
        _issued_by(builder, issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(_policies(), critical=False)
        .add_extension(_points(base_url + crl_path(issuer.key_name)), critical=False)
        .add_extension(_access(base_url, issuer.key_name, ocsp=False), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


@dataclass(frozen=True, slots=True)
class CardContent:
    """What is printed into a card's certificate, apart from key and issuer."""

    kind: CardKind
    rank: Rank | None
    name: str
    subject_number: str
    attribute_number: str
    """The number in subjectDirectoryAttributes: the same, but for cards made to be refused."""
    encryption: bool = False


def card_certificate(
    content: CardContent,
    key: rsa.RSAPublicKey,
    issuer: Issuer,
    serial_number: int,
    validity: Validity,
    base_url: str,
) -> x509.Certificate:
    """A signature certificate: digitalSignature and nothing else (or the second one, for encryption)."""
    subject = names.holder_name(content.kind, content.name, content.subject_number)
    usage = (
        _key_usage("key_encipherment", "data_encipherment")
        if content.encryption
        else _key_usage("digital_signature")
    )
    partial = crl_path(issuer.key_name, partition_of(serial_number))
    return (
        _issued_by(_start(subject, key, serial_number, validity), issuer)
        .add_extension(usage, critical=True)
        .add_extension(_policies(), critical=False)
        .add_extension(
            directory_attributes(content.kind, content.rank, content.attribute_number), critical=False
        )
        .add_extension(_points(base_url + partial, base_url + crl_path(issuer.key_name)), critical=False)
        .add_extension(_access(base_url, issuer.key_name, ocsp=True), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def responder_certificate(
    key: rsa.RSAPublicKey, issuer: Issuer, serial_number: int, validity: Validity
) -> x509.Certificate:
    """A delegated OCSP responder; `nocheck`: nobody asks whether it is revoked itself (RFC 6960 §4.2.2.2)."""
    builder = _start(names.responder_name(issuer.key_name), key, serial_number, validity)
    return (
        _issued_by(builder, issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def time_stamp_certificate(
    key: rsa.RSAPublicKey, issuer: Issuer, serial_number: int, validity: Validity, base_url: str
) -> x509.Certificate:
    """The time-stamp service: one extended key usage, critical, as RFC 3161 §2.3 wants it."""
    return (
        _issued_by(_start(names.TSA_NAME, key, serial_number, validity), issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature", "content_commitment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(_points(base_url + crl_path(issuer.key_name)), critical=False)
        .add_extension(_access(base_url, issuer.key_name, ocsp=False), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
