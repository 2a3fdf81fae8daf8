"""What the authority says about withdrawn certificates: lists (RFC 5280) and single answers (RFC 6960)."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from asn1crypto import ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from simulators.certificate_authority import profile
from simulators.certificate_authority.names import PARENT_OF, IssuerKey
from simulators.certificate_authority.pki import Authority, Service
from simulators.certificate_authority.profile import Issuer

CRL_LIFE = timedelta(days=1)
OCSP_LIFE = timedelta(hours=1)
STALE_BY = timedelta(days=30)


class Lie(StrEnum):
    """How a service can be wrong while it answers."""

    WRONG_SIGNATURE = "wrong_signature"
    STALE = "stale"


def crl(
    authority: Authority,
    issuer: IssuerKey,
    *,
    now: datetime,
    partition: int | None = None,
    lie: Lie | None = None,
) -> bytes:
    """DER of an issuer's list: the complete one, or a partition, which names itself in an extension."""
    signer = authority.issuer(issuer)
    start = now.replace(microsecond=0) - (STALE_BY if lie is Lie.STALE else timedelta(0))
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(start)
        .next_update(start + CRL_LIFE)
        .add_extension(x509.CRLNumber(int(start.timestamp())), critical=False)
        .add_extension(_authority_key_identifier(signer), critical=False)
    )
    if partition is not None:
        where: list[x509.GeneralName] = [
            x509.UniformResourceIdentifier(authority.base_url + profile.crl_path(issuer, partition))
        ]
        builder = builder.add_extension(_only_this_part(where), critical=True)
    for serial, revocation in sorted(_revoked_by(authority, issuer).items()):
        if partition in (None, profile.partition_of(serial)) and revocation[0] <= start:
            builder = builder.add_revoked_certificate(_entry(serial, *revocation))
    key = _forger(authority).key if lie is Lie.WRONG_SIGNATURE else signer.key
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _only_this_part(where: list[x509.GeneralName]) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=where,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def _entry(serial: int, at: datetime, reason: x509.ReasonFlags) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(at.replace(microsecond=0))
        .add_extension(x509.CRLReason(reason), critical=False)
        .build()
    )


def _revoked_by(authority: Authority, issuer: IssuerKey) -> dict[int, tuple[datetime, x509.ReasonFlags]]:
    """Revocations of certificates this authority issued; unknown serial numbers belong to nobody."""
    owners = authority.owners()
    rows = authority.revocations().items()
    return {serial: (row.at, row.reason) for serial, row in rows if owners.get(serial) is issuer}


def _authority_key_identifier(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _forger(authority: Authority) -> Issuer:
    """Whose key signs a lie."""
    return authority.issuer(IssuerKey.FORGED_ROOT)


def ocsp_answer(authority: Authority, request_der: bytes, *, now: datetime, lie: Lie | None = None) -> bytes:
    """DER of the OCSP response; a nonce in the request comes back. Malformed requests get their status."""
    try:
        request = ocsp.OCSPRequest.load(request_der, strict=True)["tbs_request"]
        wanted = [single["req_cert"] for single in request["request_list"]]
        issuer = _issuer_of(authority, wanted[0])
        nonce = [entry for entry in request["request_extensions"] if entry["extn_id"].native == "nonce"]
    except (ValueError, TypeError, IndexError, KeyError):
        return _status("malformed_request")
    if issuer is None:
        return _status("unauthorized")
    start = now.replace(microsecond=0) - (STALE_BY if lie is Lie.STALE else timedelta(0))
    responder = responder_of(authority, issuer)
    data = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId(name="by_key", value=_key_digest(responder.certificate)),
            "produced_at": start,
            "responses": [_single(authority, issuer, cert_id, start) for cert_id in wanted],
        }
    )
    if nonce:
        data["response_extensions"] = [_nonce_extension(nonce[0])]
    key = _forger(authority).key if lie is Lie.WRONG_SIGNATURE else responder.key
    return _signed(data, key, responder.certificate)


def responder_of(authority: Authority, issuer: IssuerKey) -> Service:
    """Who answers for an authority: its delegated responder, for a root the root itself."""
    if PARENT_OF[issuer] is issuer:
        own = authority.issuer(issuer)
        return Service(own.key, own.certificate)
    return authority.service(f"ocsp-{issuer}")


def _issuer_of(authority: Authority, cert_id: ocsp.CertId) -> IssuerKey | None:
    """By name and key digest together, since two generations share one name."""
    algorithm = cert_id["hash_algorithm"]["algorithm"].native
    if algorithm not in ("sha1", "sha256"):
        return None
    for name in IssuerKey:
        certificate = authority.issuer(name).certificate
        digest = hashlib.new(algorithm, _public_key_bits(certificate), usedforsecurity=False).digest()
        subject = hashlib.new(algorithm, certificate.subject.public_bytes(), usedforsecurity=False).digest()
        if cert_id["issuer_key_hash"].native == digest and cert_id["issuer_name_hash"].native == subject:
            return name
    return None


def _public_key_bits(certificate: x509.Certificate) -> bytes:
    loaded = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    bits: bytes = loaded.public_key["public_key"].contents[1:]
    return bits


def _key_digest(certificate: x509.Certificate) -> bytes:
    return hashlib.sha1(_public_key_bits(certificate), usedforsecurity=False).digest()


def _single(
    authority: Authority, issuer: IssuerKey, cert_id: ocsp.CertId, start: datetime
) -> ocsp.SingleResponse:
    serial = cert_id["serial_number"].native
    revocation = authority.revocations().get(serial)
    if authority.owners().get(serial) is not issuer:
        status = ocsp.CertStatus(name="unknown", value=ocsp.StatusUnknown())
    elif revocation and revocation.at <= start:
        at, reason = revocation.at.replace(microsecond=0), _reason(revocation.reason)
        info = {"revocation_time": at, "revocation_reason": reason}
        status = ocsp.CertStatus(name="revoked", value=ocsp.RevokedInfo(info))
    else:
        status = ocsp.CertStatus(name="good", value=ocsp.StatusGood())
    return ocsp.SingleResponse(
        {"cert_id": cert_id, "cert_status": status, "this_update": start, "next_update": start + OCSP_LIFE}
    )


def _reason(flag: x509.ReasonFlags) -> str:
    """`keyCompromise` as `key_compromise`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in flag.value)


def _nonce_extension(asked: ocsp.TBSRequestExtension) -> ocsp.ResponseDataExtension:
    return ocsp.ResponseDataExtension(
        {"extn_id": "nonce", "critical": False, "extn_value": asked["extn_value"].parsed}
    )


def _status(name: str) -> bytes:
    der: bytes = ocsp.OCSPResponse({"response_status": name}).dump()
    return der


def _signed(data: ocsp.ResponseData, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    signature = key.sign(data.dump(), padding.PKCS1v15(), hashes.SHA256())
    own = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    basic = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": data,
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": signature,
            "certs": [own],
        }
    )
    body = {"response_type": "basic_ocsp_response", "response": basic}
    der: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump()
    return der
