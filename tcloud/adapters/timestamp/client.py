"""Asks the configured service for a time stamp and believes nothing in the answer before it was checked."""

import logging
import secrets
from datetime import datetime, timedelta
from functools import cached_property

import httpx
from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.conf import settings

from tcloud.adapters import outbound
from tcloud.adapters.pki.chain import TrustStore, build_chain, load_certificates
from tcloud.adapters.pki.revocation import check_chain
from tcloud.adapters.pki.strength import SMALLEST_KEY_BITS, STRONG_DIGESTS
from tcloud.contracts.time_stamper import TimeStamp, TimeStampUnavailable
from tcloud.identity.company_certificate import CardRefused

logger = logging.getLogger("tcloud.timestamp")

TIMEOUT = httpx.Timeout(8.0, connect=2.0)
LARGEST_ANSWER = 64 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)


class Rfc3161TimeStamper:
    """The port's implementation over HTTP."""

    @cached_property
    def store(self) -> TrustStore:
        """Whose time stamps we accept, read once."""
        return TrustStore(
            roots=load_certificates(settings.TSA_ROOTS),
            intermediates=load_certificates(settings.TRUST_INTERMEDIATES),
        )

    def stamp(self, *, digest: bytes, now: datetime) -> TimeStamp:
        """See the port. Every failure is TimeStampUnavailable: the signature waits, nothing is lost."""
        nonce = secrets.randbits(63)
        request = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                    "hashed_message": digest,
                },
                "nonce": nonce,
                "cert_req": True,
            }
        )
        try:
            token = _granted_token(_post(request.dump()))
            return self._check(token, digest=digest, nonce=nonce, now=now)
        except (httpx.HTTPError, CardRefused, InvalidSignature, x509.ExtensionNotFound) as error:
            logger.warning("time stamp refused: %s", type(error).__name__)
            raise TimeStampUnavailable from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            logger.warning("time stamp unreadable: %s", error)
            raise TimeStampUnavailable from error

    def _check(self, token: cms.ContentInfo, *, digest: bytes, nonce: int, now: datetime) -> TimeStamp:
        signed = token["content"]
        info = signed["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        if (
            imprint["hash_algorithm"]["algorithm"].native != "sha256"
            or imprint["hashed_message"].native != digest
        ):
            raise ValueError("stamp over something else")
        if info["nonce"].native != nonce:
            raise ValueError("stamp for another request")
        at: datetime = info["gen_time"].native
        if abs(at - now) > CLOCK_TOLERANCE:
            raise ValueError("stamp with another time")
        certificates = [
            x509.load_der_x509_certificate(choice.chosen.dump()) for choice in signed["certificates"]
        ]
        signer = _verified_signer(signed, certificates)
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if list(usage) != [ExtendedKeyUsageOID.TIME_STAMPING]:
            raise ValueError("certificate not made for time stamps")
        store = TrustStore(self.store.roots, (*self.store.intermediates, *certificates))
        chain = build_chain(signer, store, now)
        return TimeStamp(
            token=token.dump(),
            at=at,
            certificates_der=tuple(item.public_bytes(Encoding.DER) for item in (signer, *chain)),
            revocation=check_chain(signer, chain, now),
        )


def _post(body: bytes) -> bytes:
    with outbound.client(TIMEOUT) as client:
        response = client.post(
            settings.TSA_URL, content=body, headers={"Content-Type": "application/timestamp-query"}
        )
    response.raise_for_status()
    if len(response.content) > LARGEST_ANSWER:
        raise ValueError("answer too large")
    return response.content


def _granted_token(answer: bytes) -> cms.ContentInfo:
    response = tsp.TimeStampResp.load(answer, strict=True)
    if response["status"]["status"].native not in ("granted", "granted_with_mods"):
        raise ValueError(f"status {response['status']['status'].native}")
    return response["time_stamp_token"]


def _verified_signer(signed: cms.SignedData, certificates: list[x509.Certificate]) -> x509.Certificate:
    """The certificate of the token's one signer, its signature checked; raises ValueError, InvalidSignature."""
    if len(signed["signer_infos"]) != 1 or signed["encap_content_info"]["content_type"].native != "tst_info":
        raise ValueError("not a time-stamp token")
    info = signed["signer_infos"][0]
    serial = info["sid"].chosen["serial_number"].native
    signers = [certificate for certificate in certificates if certificate.serial_number == serial]
    digest_name = info["digest_algorithm"]["algorithm"].native
    if len(signers) != 1 or digest_name not in STRONG_DIGESTS:
        raise ValueError("signer missing or digest not allowed")
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[digest_name]
    content = core.OctetString.load(signed["encap_content_info"]["content"].untag().dump()).native
    hasher = hashes.Hash(digest)
    hasher.update(content)
    attributes = {attribute["type"].native: attribute["values"] for attribute in info["signed_attrs"]}
    if attributes["message_digest"][0].native != hasher.finalize():
        raise ValueError("token's content was altered")
    key = signers[0].public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        raise ValueError("key not allowed")
    key.verify(info["signature"].native, info["signed_attrs"].untag().dump(), padding.PKCS1v15(), digest)
    return signers[0]
