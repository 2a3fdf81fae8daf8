"""The time-stamp service (RFC 3161): a digest comes in, a signed statement of when it was seen goes out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority
from simulators.certificate_authority.revocation import STALE_BY, Lie

TSA_POLICY: Final = "2.16.886.101.0.3.99"
"""A policy number of this simulator's own."""
_DIGEST_SIZES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Why no stamp is given, in the protocol's words."""

    failure: str


class _Rejection(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp without a token, which asn1crypto's own class insists on."""

    _fields = [("status", tsp.PKIStatusInfo)]


def stamp(authority: Authority, request_der: bytes, *, now: datetime, lie: Lie | None = None) -> bytes:
    """DER of the TimeStampResp. A stale lie is thirty days old; a wrong signature is by another key."""
    try:
        request = _checked(request_der)
    except Refusal as refusal:
        return _rejected(refusal.failure)
    moment = now - STALE_BY if lie is Lie.STALE else now
    statement = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": TSA_POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": x509.random_serial_number(),
            "gen_time": moment.replace(microsecond=0),
            "accuracy": {"seconds": 1},
            "ordering": False,
        }
    )
    if request["nonce"].native is not None:
        statement["nonce"] = request["nonce"]
    token = _token(authority, statement, with_certificate=bool(request["cert_req"].native), lie=lie)
    der: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
    return der


def _checked(request_der: bytes) -> tsp.TimeStampReq:
    try:
        request = tsp.TimeStampReq.load(request_der, strict=True)
        algorithm = request["message_imprint"]["hash_algorithm"]["algorithm"].native
        digest: bytes = request["message_imprint"]["hashed_message"].native
    except (ValueError, TypeError, KeyError) as error:
        raise Refusal("bad_data_format") from error
    if algorithm not in _DIGEST_SIZES:
        raise Refusal("bad_alg")
    if len(digest) != _DIGEST_SIZES[algorithm]:
        raise Refusal("bad_data_format")
    if request["req_policy"].native not in (None, TSA_POLICY):
        raise Refusal("unaccepted_policy")
    return request


def _rejected(failure: str) -> bytes:
    status = {"status": "rejection", "fail_info": {failure}}
    der: bytes = _Rejection({"status": status}).dump()
    return der


def _token(
    authority: Authority, statement: tsp.TSTInfo, *, with_certificate: bool, lie: Lie | None
) -> cms.ContentInfo:
    service = authority.service("tsa")
    own = asn1_x509.Certificate.load(service.certificate.public_bytes(serialization.Encoding.DER))
    content = statement.dump()
    attributes = _signed_attributes(content, own)
    liar = authority.issuer(IssuerKey.FORGED_ROOT).key
    key = liar if lie is Lie.WRONG_SIGNATURE else service.key
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {"issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number}},
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256()),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(content)},
            "signer_infos": [signer],
        }
    )
    if with_certificate:
        signed["certificates"] = [own]
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _signed_attributes(content: bytes, certificate: asn1_x509.Certificate) -> cms.CMSAttributes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    identifier = tsp.ESSCertIDv2(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "cert_hash": certificate.sha256,
            "issuer_serial": {
                "issuer": [asn1_x509.GeneralName(name="directory_name", value=certificate.issuer)],
                "serial_number": certificate.serial_number,
            },
        }
    )
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [digest.finalize()]}),
            cms.CMSAttribute(
                {
                    "type": "signing_certificate_v2",
                    "values": [tsp.SigningCertificateV2({"certs": [identifier]})],
                }
            ),
        ]
    )
