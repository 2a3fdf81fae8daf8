"""R10, the card's side: good signatures are accepted, and every hostile one is refused by name."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from django.core.exceptions import ImproperlyConfigured

from simulators.card_reader import signing
from simulators.certificate_authority.names import CardKind, IssuerKey, Rank
from simulators.certificate_authority.pki import Authority, Card, CardSpec
from simulators.certificate_authority.revocation import Lie
from tcloud.adapters.company_certificate.cms import NONCE
from tcloud.adapters.company_certificate.verifier import CardVerifier
from tcloud.adapters.pki.chain import load_certificates
from tcloud.core.errors import Refused
from tcloud.identity.company_certificate import (
    CardIdentity,
    CardRank,
    CertificateExpired,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    RevocationUnknown,
    SignatureInvalid,
    SigningTimeWrong,
    UbnInvalid,
    WrongCardClass,
)
from tests.authority import COMPANY_UBN, NOW, Outside, authority, card, outside

__all__ = ["authority", "card", "outside"]

CONTENT = b"tcloud-challenge join\norigin: http://localhost:8000\nsubject: 7\n"
CHALLENGE_NONCE = "5e" * 32
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}


def verify(
    signature: bytes, *, expected: bytes = CONTENT, now: Any = NOW, verifier: CardVerifier | None = None
) -> CardIdentity:
    return (verifier or CardVerifier()).verify_challenge(
        signature=signature, expected=expected, nonce=CHALLENGE_NONCE, now=now
    )


def sign(card: Card, **changes: Any) -> bytes:
    extras = signing.Extras(nonce=CHALLENGE_NONCE, card_number=True)
    return signing.pkcs7(card, **({"content": CONTENT, "now": NOW, "extras": extras} | changes))


def attribute(name: str, *values: Any) -> dict[str, Any]:
    return {"type": name, "values": list(values)}


def good_attributes(content: bytes = CONTENT, digest: str = "sha256") -> list[Any]:
    time = cms.Time(name="utc_time", value=core.UTCTime(NOW))
    return [
        attribute("content_type", "data"),
        attribute("signing_time", time),
        attribute("message_digest", hashes_of(content, digest)),
        attribute(NONCE, core.Any(core.OctetString(CHALLENGE_NONCE.encode()))),
    ]


def hashes_of(content: bytes, digest: str) -> bytes:
    hasher = hashes.Hash(HASHES[digest])
    hasher.update(content)
    return hasher.finalize()


def built(
    card: Card,
    *,
    attributes: list[Any] | None = None,
    content: bytes | None = CONTENT,
    digest: str = "sha256",
    content_type: str = "data",
    signers: int = 1,
    certificates: int = 1,
    sign_attributes: bool = True,
) -> bytes:
    """A signature put together by hand, so that each part can be wrong while the rest is right."""
    certificate = asn1_x509.Certificate.load(card.certificate.public_bytes(serialization.Encoding.DER))
    rows = cms.CMSAttributes(good_attributes(digest=digest) if attributes is None else attributes)
    signed_bytes = rows.dump() if sign_attributes else (content or b"")
    info: dict[str, Any] = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}},
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
        "signature": card.key.sign(signed_bytes, padding.PKCS1v15(), HASHES[digest]),
    }
    if sign_attributes:
        info["signed_attrs"] = rows
    encapsulated: dict[str, Any] = {"content_type": content_type}
    if content is not None:
        encapsulated["content"] = content
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": encapsulated,
            "certificates": [certificate] * certificates,
            "signer_infos": [info] * signers,
        }
    )
    whole: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return whole


# Good -------------------------------------------------------------------------------------------------------


def test_a_good_card_says_which_company_it_is(authority: Authority, card: Card, outside: Outside) -> None:
    identity = verify(sign(card))
    assert identity.ubn == COMPANY_UBN
    assert identity.company_name == card.spec.name
    assert identity.rank is CardRank.PRIMARY
    assert identity.subject_class == "2.16.886.1.100.3.2.2.1.1"
    assert identity.card_number == card.spec.card_number
    assert identity.fingerprint == card.certificate.fingerprint(hashes.SHA256()).hex()
    assert identity.signed_at == NOW
    assert [answer.source for answer in identity.revocation] == ["ocsp", "crl"]
    assert all(answer.digest == sha256(answer.der).hexdigest() for answer in identity.revocation)
    assert identity.chain_der[-1] == authority.root.certificate.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    "spec",
    [
        CardSpec(ubn="24536806", name="前代憑證有限公司", issuer=IssuerKey.MOEACA_G2),
        CardSpec(ubn="24536806", name="附卡有限公司", rank=Rank.SECONDARY),
        CardSpec(ubn="24536806", name="街角商行", kind=CardKind.BUSINESS),
        CardSpec(ubn="24536806", name="只在屬性有統編有限公司", subject_number=""),
        CardSpec(ubn="24536806", name="只在主體有統編有限公司", attribute_number=""),
        CardSpec(ubn="24536806", name="長金鑰有限公司", key_bits=3072),
    ],
    ids=lambda spec: spec.name,
)
def test_every_kind_of_good_card(authority: Authority, outside: Outside, spec: CardSpec) -> None:
    identity = verify(sign(authority.issue(replace(spec, card_id="good-one"))))
    assert (identity.ubn, identity.company_name, identity.rank) == (spec.ubn, spec.name, spec.rank.value)


def test_every_good_demo_card(authority: Authority, outside: Outside) -> None:
    accepted = 0
    for card_id in authority.card_ids():
        spec = authority.spec(card_id)
        revoked = authority.card(card_id).certificate.serial_number in authority.revocations()
        assert spec.not_before
        assert spec.not_after
        valid = spec.not_before <= NOW <= spec.not_after
        trusted = spec.issuer in (IssuerKey.MOEACA_G2, IssuerKey.MOEACA_G3)
        if valid and trusted and not revoked and spec.kind in (CardKind.COMPANY, CardKind.BUSINESS):
            accepted += verify(sign(authority.card(card_id))).ubn == spec.ubn
    assert accepted >= 15


def test_a_detached_signature_over_our_bytes(card: Card, outside: Outside) -> None:
    assert verify(built(card, content=None)).ubn == COMPANY_UBN


@pytest.mark.parametrize("kind", [core.PrintableString, core.UTF8String, core.IA5String])
def test_the_nonce_in_any_string_type(card: Card, outside: Outside, kind: type) -> None:
    rows = [*good_attributes()[:3], attribute(NONCE, core.Any(kind(CHALLENGE_NONCE)))]
    assert verify(built(card, attributes=rows)).ubn == COMPANY_UBN


def test_ocsp_down_falls_back_to_the_list(card: Card, outside: Outside) -> None:
    outside.down = {"ocsp"}
    assert [answer.source for answer in verify(sign(card)).revocation] == ["crl", "crl"]


# Hostile: the signature -------------------------------------------------------------------------------------


def other_content(card: Card) -> bytes:
    return built(card, attributes=good_attributes(b"another"), content=b"another")


def digest_over_other_content(card: Card) -> bytes:
    return built(card, attributes=good_attributes(b"another"))


def signed_elsewhere(card: Card) -> bytes:
    whole = cms.ContentInfo.load(sign(card))
    info = whole["content"]["signer_infos"][0]
    info["signature"] = card.key.sign(b"something else", padding.PKCS1v15(), hashes.SHA256())
    return bytes(whole.dump(force=True))


def one_bit(card: Card) -> bytes:
    return sign(card)[:-1] + bytes([sign(card)[-1] ^ 1])


HOSTILE: dict[str, Callable[[Card], bytes]] = {
    "nothing": lambda card: b"",
    "noise": lambda card: b"\x30\x82\x01\x00" + b"\x55" * 256,
    "text": lambda card: CONTENT,
    "more after the end": lambda card: sign(card) + b"\x00",
    "too large": lambda card: b"\x30" * 70_000,
    "another content": other_content,
    "our content, digest of another": digest_over_other_content,
    "one bit of the signature": one_bit,
    "signature over something else": signed_elsewhere,
    "two signers": lambda card: built(card, signers=2),
    "no signer": lambda card: built(card, signers=0),
    "no certificate": lambda card: built(card, certificates=0),
    "the certificate twice": lambda card: built(card, certificates=2),
    "no signed attributes": lambda card: built(card, sign_attributes=False),
    "SHA-1": lambda card: built(card, digest="sha1"),
    "SHA-512, which the component does not make": lambda card: built(card, digest="sha512"),
    "another content type": lambda card: built(card, content=None, content_type="tst_info"),
    "nonce missing": lambda card: sign(card, extras=signing.Extras()),
    "nonce of another challenge": lambda card: sign(card, extras=signing.Extras(nonce="11" * 32)),
    "nonce twice": lambda card: built(card, attributes=[*good_attributes(), good_attributes()[3]]),
    "nonce as a number": lambda card: built(
        card, attributes=[*good_attributes()[:3], attribute(NONCE, core.Any(core.Integer(7)))]
    ),
    "two digests": lambda card: built(card, attributes=[*good_attributes(), good_attributes(b"x")[2]]),
    "time missing": lambda card: built(card, attributes=[*good_attributes()[:1], *good_attributes()[2:]]),
    "digest missing": lambda card: built(card, attributes=[*good_attributes()[:2], *good_attributes()[3:]]),
    "type missing": lambda card: built(card, attributes=good_attributes()[1:]),
    "bare PKCS#1": lambda card: signing.pkcs1(card, CONTENT),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_signature_is_refused_without_asking_anybody(name: str, card: Card, outside: Outside) -> None:
    with pytest.raises(SignatureInvalid):
        verify(HOSTILE[name](card))
    assert outside.asked == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # the library's own word on one of the altered bits
def test_no_bit_of_a_signature_may_differ(card: Card, outside: Outside) -> None:
    """Every part is looked at, certificate and wrapping included: one signature has one form, and nothing crashes."""
    good = sign(card)
    assert verify(good).ubn == COMPANY_UBN
    for bit in range(0, len(good) * 8, 1 if os.environ.get("TCLOUD_PROVE") else 13):
        altered = bytearray(good)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refused):
            verify(bytes(altered))


def test_a_small_key_is_refused(authority: Authority, outside: Outside) -> None:
    small = CardSpec(ubn="24536806", name="小金鑰有限公司", card_id="small", key_bits=1024)
    with pytest.raises(SignatureInvalid):
        verify(sign(authority.issue(small)))


def test_another_cards_certificate_does_not_fit(authority: Authority, card: Card, outside: Outside) -> None:
    other = authority.card("secondary")
    with pytest.raises(SignatureInvalid):
        verify(sign(replace(card, certificate=other.certificate)))


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_wrong_clock_is_named(card: Card, outside: Outside, minutes: int) -> None:
    with pytest.raises(SigningTimeWrong, match="15 分鐘"):
        verify(sign(card, now=NOW + timedelta(minutes=minutes)))


def test_a_clock_within_the_tolerance(card: Card, outside: Outside) -> None:
    assert verify(sign(card, now=NOW - timedelta(minutes=14))).signed_at == NOW - timedelta(minutes=14)


# Hostile: the certificate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        (CardSpec(ubn="24536806", name="過期", not_before=NOW - timedelta(9), not_after=NOW - timedelta(seconds=1)),
         CertificateExpired),
        (CardSpec(ubn="24536806", name="尚未生效", not_before=NOW + timedelta(hours=1)), CertificateNotYetValid),
        (CardSpec(ubn="24536806", name="同名的別家", issuer=IssuerKey.FORGED), CertificateNotTrusted),
        (CardSpec(ubn="24536806", name="別的中心", issuer=IssuerKey.MOICA), CertificateNotTrusted),
        (CardSpec(ubn="24536806", name="王小明", kind=CardKind.PERSON, issuer=IssuerKey.MOICA), WrongCardClass),
        (CardSpec(ubn="24536806", name="分公司", kind=CardKind.BRANCH), WrongCardClass),
        (CardSpec(ubn="24536806", name="機關", kind=CardKind.GOVERNMENT), WrongCardClass),
        (CardSpec(ubn="24536806", name="兩個統編", subject_number="12345675"), UbnInvalid),
        (CardSpec(ubn="24536807", name="檢查碼不對", card_id="bad-check"), UbnInvalid),
        (CardSpec(ubn="00000000", name="零", card_id="zero"), UbnInvalid),
        (CardSpec(ubn="24536806", name="沒有統編", subject_number="", attribute_number=""), UbnInvalid),
    ],
    ids=lambda value: value.name if isinstance(value, CardSpec) else value.__name__,
)  # fmt: skip
def test_a_wrong_card_is_refused_by_name(
    authority: Authority, outside: Outside, spec: CardSpec, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        verify(sign(authority.issue(replace(spec, card_id="wrong-one"))))
    assert outside.asked == []


def self_signed(card: Card) -> x509.Certificate:
    """The card's certificate with every word the same, signed by its own key."""
    builder = x509.CertificateBuilder(
        card.certificate.issuer, card.certificate.subject, card.key.public_key(), card.certificate.serial_number,
        card.certificate.not_valid_before_utc, card.certificate.not_valid_after_utc, list(card.certificate.extensions),
    )  # fmt: skip
    return builder.sign(card.key, hashes.SHA256())


def test_a_copied_certificate_signed_by_itself(card: Card, outside: Outside) -> None:
    with pytest.raises(CertificateNotTrusted):
        verify(sign(replace(card, certificate=self_signed(card))))


def test_a_card_that_issues_cards(authority: Authority, card: Card, outside: Outside) -> None:
    """An end certificate is no authority, whoever trusts it."""
    builder = x509.CertificateBuilder(
        card.certificate.subject, card.certificate.subject, card.key.public_key(), 77,
        card.certificate.not_valid_before_utc, card.certificate.not_valid_after_utc,
        [item for item in card.certificate.extensions if item.oid.dotted_string != "2.5.29.35"],
    )  # fmt: skip
    child = builder.sign(card.key, hashes.SHA256())
    verifier = CardVerifier()
    known = verifier.store
    verifier.store = replace(known, intermediates=(*known.intermediates, card.certificate))
    with pytest.raises(CertificateNotTrusted):
        verifier.verify_challenge(
            signature=sign(replace(card, certificate=child)), expected=CONTENT, nonce=CHALLENGE_NONCE, now=NOW
        )


def test_the_cards_other_certificate_is_not_for_signing(authority: Authority, card: Card, outside: Outside) -> None:
    key = serialization.load_pem_private_key((authority.folder / "encryption.key").read_bytes(), None)
    with pytest.raises(CertificateNotTrusted):
        verify(sign(replace(card, certificate=card.encryption, key=key)))


def test_a_policy_we_do_not_accept(card: Card, outside: Outside, settings: Any) -> None:
    settings.CARD_POLICIES = ["2.16.886.101.0.3.4"]
    with pytest.raises(CertificateNotTrusted):
        verify(sign(card))


def test_no_trust_without_the_intermediate(card: Card, outside: Outside, settings: Any) -> None:
    settings.TRUST_INTERMEDIATES = []
    with pytest.raises(CertificateNotTrusted):
        verify(sign(card))


def test_a_missing_root_file_is_named(settings: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"/nowhere/root\.crt"):
        load_certificates(["/nowhere/root.crt"])


# Hostile: revocation ----------------------------------------------------------------------------------------


def test_revoked_by_ocsp(authority: Authority, card: Card, outside: Outside) -> None:
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    with pytest.raises(CertificateRevoked):
        verify(sign(card))


def test_revoked_by_the_list_when_ocsp_is_down(authority: Authority, card: Card, outside: Outside) -> None:
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    outside.down = {"ocsp"}
    with pytest.raises(CertificateRevoked):
        verify(sign(card))


def test_the_authority_itself_revoked(authority: Authority, card: Card, outside: Outside) -> None:
    authority.revoke(card.chain[0].serial_number, at=NOW - timedelta(hours=1))
    with pytest.raises(CertificateRevoked):
        verify(sign(card))


@pytest.mark.parametrize("lie", list(Lie))
def test_a_lying_ocsp_service_is_not_believed(authority: Authority, card: Card, outside: Outside, lie: Lie) -> None:
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    outside.lies = {"ocsp": lie}
    with pytest.raises(CertificateRevoked):  # the list knows better
        verify(sign(card))


@pytest.mark.parametrize("lie", list(Lie))
def test_when_both_lie_nothing_is_known(card: Card, outside: Outside, lie: Lie) -> None:
    outside.lies = {"ocsp": lie, "crl": lie}
    with pytest.raises(RevocationUnknown) as refused:
        verify(sign(card))
    assert refused.value.status == 503


def test_both_down_is_try_later_not_good(card: Card, outside: Outside) -> None:
    outside.down = {"ocsp", "crl"}
    with pytest.raises(RevocationUnknown, match="請過幾分鐘再試"):
        verify(sign(card))


def test_an_old_answer_replayed(authority: Authority, card: Card, outside: Outside) -> None:
    """A good answer recorded for an earlier question carries that question's nonce."""
    recorded: list[bytes] = []

    def replay(request: bytes) -> bytes:
        if not recorded:
            recorded.append(outside._content("ocsp", _request("ocsp", request)))
        return recorded[0]

    outside.replaced = {"ocsp": replay}
    assert verify(sign(card)).revocation[0].source == "ocsp"
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    with pytest.raises(CertificateRevoked):
        verify(sign(card))


def test_an_answer_about_another_card(authority: Authority, card: Card, outside: Outside) -> None:
    other = _ocsp_question(authority.card("secondary"))
    outside.replaced = {"ocsp": lambda _request_der: outside._content("ocsp", _request("ocsp", other))}
    assert [answer.source for answer in verify(sign(card)).revocation] == ["crl", "crl"]


def test_an_answer_signed_by_a_card(authority: Authority, card: Card, outside: Outside, monkeypatch: Any) -> None:
    """A company's card is issued by the right key, but not for answering about revocation."""
    from simulators.certificate_authority import pki, revocation

    monkeypatch.setattr(revocation, "responder_of", lambda *_: pki.Service(card.key, card.certificate))
    outside.down = {"crl"}
    with pytest.raises(RevocationUnknown):
        verify(sign(card))


@pytest.mark.parametrize("noise", [b"", b"<html>", b"\x30\x03\x0a\x01\x03"], ids=["empty", "page", "try later"])
def test_noise_instead_of_answers(card: Card, outside: Outside, noise: bytes) -> None:
    outside.replaced = {"ocsp": lambda _: noise, "crl": lambda _: noise}
    with pytest.raises(RevocationUnknown):
        verify(sign(card))


def test_only_listed_hosts_are_asked(card: Card, outside: Outside, settings: Any) -> None:
    settings.REVOCATION_HOSTS = ["ocsp.example.gov.tw"]
    with pytest.raises(RevocationUnknown):
        verify(sign(card))
    assert outside.asked == []


def test_each_refusal_says_what_to_do(card: Card) -> None:
    """Three parts: what happened, why, what to do; and no two refusals share a code."""
    from tcloud.identity import company_certificate as port

    kinds = [kind for kind in vars(port).values() if isinstance(kind, type) and issubclass(kind, port.CardRefused)]
    assert len({kind.code for kind in kinds}) == len(kinds) >= 12
    kinds.remove(port.CardRefused)
    assert all("請" in str(kind.message) for kind in kinds)


def _request(path: str, body: bytes) -> Any:
    import httpx

    return httpx.Request("POST", f"http://127.0.0.1/{path}", content=body)


def _ocsp_question(card: Card) -> bytes:
    from cryptography.x509 import ocsp

    builder = ocsp.OCSPRequestBuilder().add_certificate(card.certificate, card.chain[0], hashes.SHA1())
    return builder.build().public_bytes(serialization.Encoding.DER)


