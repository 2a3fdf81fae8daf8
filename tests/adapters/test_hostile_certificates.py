"""R10, certificates: cards that carry a good signature and a certificate with one thing wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from simulators.certificate_authority import names, profile
from simulators.certificate_authority.names import CardKind, IssuerKey, Rank
from simulators.certificate_authority.pki import Authority, Card
from simulators.certificate_authority.profile import Validity
from tcloud.adapters.company_certificate.verifier import CardVerifier
from tcloud.core.errors import Refused
from tcloud.identity.company_certificate import (
    CertificateExpired,
    CertificateNotTrusted,
    SignatureInvalid,
    UbnInvalid,
    WrongCardClass,
)
from tests import forging
from tests.adapters.test_company_certificate import sign, verify
from tests.authority import COMPANY_UBN, NOW, Outside, authority, card, outside

__all__ = ["authority", "card", "outside"]

ALTERNATIVE_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
DIRECTORY_ATTRIBUTES = "2.5.29.9"
KEY_USAGE = "2.5.29.15"
NAME_CONSTRAINTS = "2.5.29.30"
POLICIES = "2.5.29.32"
AUTHORITY_KEY = "2.5.29.35"
Forge = Callable[[Authority, Card], Card]


def changed(change: forging.Change, **how: Any) -> Forge:
    return lambda authority, card: forging.card_with(authority, card, change, **how)


def usage(*on: str) -> bytes:
    return profile._key_usage(*on).public_bytes()


def attributes(*rows: tuple[str, core.Asn1Value]) -> bytes:
    """subjectDirectoryAttributes as an authority that errs would write them."""
    listed = [profile._Attribute({"type": oid, "values": profile._Values([value])}) for oid, value in rows]
    der: bytes = profile._Attributes(listed).dump()
    return der


COMPANY = (names.SUBJECT_CLASS, core.ObjectIdentifier(names.CLASS_OF_KIND[CardKind.COMPANY]))
PERSON = (names.SUBJECT_CLASS, core.ObjectIdentifier(names.CLASS_OF_KIND[CardKind.PERSON]))
PRIMARY = (names.CARD_RANK, core.PrintableString(Rank.PRIMARY.value))
NUMBER = (names.UNIFORM_ORGANIZATION_ID, core.PrintableString(COMPANY_UBN))


def said(*rows: tuple[str, core.Asn1Value]) -> Forge:
    return changed(forging.with_value(DIRECTORY_ATTRIBUTES, attributes(*rows)))


def subject(*parts: tuple[str, str]) -> Forge:
    """A subject of these parts in place of the card's."""

    def change(body: Any) -> None:
        rows = [asn1_x509.RelativeDistinguishedName([{"type": kind, "value": asn1_x509.DirectoryString({"utf8_string": text})}])
                for kind, text in parts]  # fmt: skip
        body["subject"] = asn1_x509.Name({"": asn1_x509.RDNSequence(rows)})

    return changed(change)


def wrong_authority_key(body: Any) -> None:
    value = asn1_x509.AuthorityKeyIdentifier({"key_identifier": b"\x07" * 20})
    forging.with_value(AUTHORITY_KEY, value.dump())(body)


def by_the_root(authority: Authority, card: Card) -> Card:
    """Issued by the pinned root itself, which issues authorities and no cards."""
    root = authority.root
    spec = card.spec
    content = profile.CardContent(spec.kind, spec.rank, spec.name, spec.ubn, spec.ubn)
    made = profile.card_certificate(
        content, card.key.public_key(), root, 4711, Validity(NOW - timedelta(1), NOW + timedelta(1)), authority.base_url
    )
    return replace(card, certificate=made)


def below_a_card_that_calls_itself_an_authority(authority: Authority, card: Card) -> Card:
    """A real card issues another; its own certificate says it may."""
    signer = replace(
        authority.issuer(IssuerKey.MOEACA_G3), key=card.key,
        certificate=forging.card_with(
            authority, card, forging.with_value(BASIC_CONSTRAINTS, x509.BasicConstraints(ca=True, path_length=None).public_bytes())
        ).certificate,
    )  # fmt: skip
    content = profile.CardContent(CardKind.COMPANY, Rank.PRIMARY, "冒名有限公司", COMPANY_UBN, COMPANY_UBN)
    made = profile.card_certificate(
        content, card.key.public_key(), signer, 4712, Validity(NOW - timedelta(1), NOW + timedelta(1)), authority.base_url
    )
    return replace(card, certificate=made)


def of_another_generation_by_name(authority: Authority, card: Card) -> Card:
    """Signed by generation 3's key, but naming generation 2's: the two share one name."""
    second = authority.issuer(IssuerKey.MOEACA_G2).certificate
    digest = second.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    value = asn1_x509.AuthorityKeyIdentifier({"key_identifier": digest})
    return forging.card_with(authority, card, forging.with_value(AUTHORITY_KEY, value.dump()))


def one_bit_of_its_signature(authority: Authority, card: Card) -> Card:
    der = bytearray(card.certificate.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    return replace(card, certificate=x509.load_der_x509_certificate(bytes(der)))


def another_name_in_the_same_signature(authority: Authority, card: Card) -> Card:
    der = card.certificate.public_bytes(serialization.Encoding.DER)
    swapped = der.replace("晨光".encode(), "黃昏".encode(), 1)
    assert swapped != der
    return replace(card, certificate=x509.load_der_x509_certificate(swapped))


def ended(body: Any) -> None:
    """Issued and ended in the past; the time choice stays UTCTime."""
    body["validity"] = {
        "not_before": asn1_x509.Time({"utc_time": NOW - timedelta(days=9)}),
        "not_after": asn1_x509.Time({"utc_time": NOW - timedelta(seconds=1)}),
    }


HOSTILE: dict[str, tuple[Forge, type[Refused]]] = {
    "signed with SHA-1": (changed(lambda body: None, digest="sha1"), CertificateNotTrusted),
    "an extension that must be understood": (
        changed(forging.with_value("1.3.6.1.4.1.99999.1", b"\x05\x00", critical=True)), CertificateNotTrusted),
    "name constraints on a card": (changed(forging.with_value(NAME_CONSTRAINTS, b"\x30\x00", critical=True)),
                                   CertificateNotTrusted),
    "no key usage": (changed(forging.without(KEY_USAGE)), CertificateNotTrusted),
    "key usage for encryption only": (changed(forging.with_value(KEY_USAGE, usage("key_encipherment"), critical=True)),
                                      CertificateNotTrusted),
    "key usage written as something else": (changed(forging.with_value(KEY_USAGE, b"\x04\x01\x80", critical=True)),
                                            CertificateNotTrusted),
    "key usage twice": (changed(forging.twice(KEY_USAGE)), CertificateNotTrusted),
    "no policy": (changed(forging.without(POLICIES)), CertificateNotTrusted),
    "the policy of a lower level": (
        changed(forging.with_value(POLICIES, x509.CertificatePolicies(
            [x509.PolicyInformation(x509.ObjectIdentifier("2.16.886.101.0.3.1"), None)]).public_bytes())),
        CertificateNotTrusted),
    "any policy": (
        changed(forging.with_value(POLICIES, x509.CertificatePolicies(
            [x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)]).public_bytes())),
        CertificateNotTrusted),
    "a card that calls itself an authority": (
        changed(forging.with_value(BASIC_CONSTRAINTS, x509.BasicConstraints(ca=True, path_length=0).public_bytes(), critical=True)),
        CertificateNotTrusted),
    "an issuer nobody knows by its key": (changed(wrong_authority_key), CertificateNotTrusted),
    "another generation's key identifier": (of_another_generation_by_name, CertificateNotTrusted),
    "issued by the root itself": (by_the_root, CertificateNotTrusted),
    "issued by a card": (below_a_card_that_calls_itself_an_authority, CertificateNotTrusted),
    "one bit of the authority's signature": (one_bit_of_its_signature, CertificateNotTrusted),
    "another name under the same signature": (another_name_in_the_same_signature, CertificateNotTrusted),
    "ended a second ago": (changed(ended), CertificateExpired),
    "no attributes of the holder": (changed(forging.without(DIRECTORY_ATTRIBUTES)), WrongCardClass),
    "attributes twice": (changed(forging.twice(DIRECTORY_ATTRIBUTES)), WrongCardClass),
    "attributes cut short": (
        changed(forging.with_value(DIRECTORY_ATTRIBUTES, attributes(COMPANY, PRIMARY, NUMBER)[:-3])),
        CertificateNotTrusted),
    "attributes with more behind": (
        changed(forging.with_value(DIRECTORY_ATTRIBUTES, attributes(COMPANY, PRIMARY, NUMBER) + b"\x00")),
        CertificateNotTrusted),
    "a company and a person at once": (said(COMPANY, PERSON, PRIMARY, NUMBER), WrongCardClass),
    "no class": (said(PRIMARY, NUMBER), WrongCardClass),
    "class as text": (said((names.SUBJECT_CLASS, core.PrintableString("company")), PRIMARY, NUMBER), WrongCardClass),
    "no rank": (said(COMPANY, NUMBER), CertificateNotTrusted),
    "a rank there is not": (said(COMPANY, (names.CARD_RANK, core.PrintableString("third")), NUMBER), CertificateNotTrusted),
    "two numbers in the attributes": (
        said(COMPANY, PRIMARY, NUMBER, (names.UNIFORM_ORGANIZATION_ID, core.PrintableString("28246281"))), UbnInvalid),
    "a number of full-width digits": (
        said(COMPANY, PRIMARY, (names.UNIFORM_ORGANIZATION_ID, core.UTF8String("１２３４５６７５"))), UbnInvalid),
    "a number with a blank": (
        said(COMPANY, PRIMARY, (names.UNIFORM_ORGANIZATION_ID, core.PrintableString("12345675 "))), UbnInvalid),
    "a number as a number": (said(COMPANY, PRIMARY, (names.UNIFORM_ORGANIZATION_ID, core.Integer(12345675))), UbnInvalid),
    "no company name": (subject(("country_name", "TW"), ("serial_number", COMPANY_UBN)), CertificateNotTrusted),
    "two company names": (
        subject(("organization_name", "甲有限公司"), ("organization_name", "乙有限公司"), ("serial_number", COMPANY_UBN)),
        CertificateNotTrusted),
    "two numbers in the subject": (
        subject(("organization_name", "甲有限公司"), ("serial_number", COMPANY_UBN), ("serial_number", "28246281")), UbnInvalid),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_certificate_is_refused_without_asking_anybody(
    name: str, authority: Authority, card: Card, outside: Outside
) -> None:
    forge, refusal = HOSTILE[name]
    with pytest.raises(refusal):
        verify(sign(forge(authority, card)))
    assert outside.asked == []


def test_the_same_way_of_changing_leaves_a_good_card_good(authority: Authority, card: Card, outside: Outside) -> None:
    """The control: nothing changed, signed again, accepted; so each case above fails for its own reason."""
    again = forging.card_with(authority, card, lambda body: None)
    assert verify(sign(again)).ubn == COMPANY_UBN
    same = said(COMPANY, PRIMARY, NUMBER)(authority, card)
    assert verify(sign(same)).ubn == COMPANY_UBN


def test_without_an_authority_key_identifier_the_signature_decides(
    authority: Authority, card: Card, outside: Outside
) -> None:
    assert verify(sign(changed(forging.without(AUTHORITY_KEY))(authority, card))).ubn == COMPANY_UBN


def test_certificates_sent_along_are_no_authorities(authority: Authority, card: Card, outside: Outside) -> None:
    """A chain of one's own in the CMS: only what we have pinned can carry a chain."""
    forged = authority.card("forged")
    whole = cms.ContentInfo.load(sign(forged))
    more = [asn1_x509.Certificate.load(item.public_bytes(serialization.Encoding.DER)) for item in forged.chain]
    own = [choice.chosen for choice in whole["content"]["certificates"]]
    whole["content"]["certificates"] = cms.CertificateSet([cms.CertificateChoices("certificate", item) for item in own + more])
    with pytest.raises(CertificateNotTrusted):
        verify(bytes(whole.dump(force=True)))
    assert outside.asked == []


def test_an_elliptic_key_is_not_the_cards_kind(card: Card, outside: Outside) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        card.certificate.issuer, card.certificate.subject, key.public_key(), card.certificate.serial_number,
        card.certificate.not_valid_before_utc, card.certificate.not_valid_after_utc, list(card.certificate.extensions),
    )  # fmt: skip
    with pytest.raises(SignatureInvalid):
        verify(sign(replace(card, certificate=builder.sign(key, hashes.SHA256()))))


def test_an_authority_that_has_ended_carries_nothing(authority: Authority, card: Card, outside: Outside) -> None:
    """The card would live on; the intermediate above it does not."""
    old = authority.issuer(IssuerKey.MOEACA_G3)
    ended_one = profile.intermediate_certificate(
        IssuerKey.MOEACA_G3, old.key.public_key(), authority.root, 99,
        Validity(NOW - timedelta(days=9), NOW - timedelta(seconds=1)), authority.base_url,
    )  # fmt: skip
    verifier = CardVerifier()
    verifier.store = replace(verifier.store, intermediates=(ended_one,))
    with pytest.raises(CertificateNotTrusted):
        verify(sign(card), verifier=verifier)


def test_an_authority_below_one_that_may_have_none(authority: Authority, card: Card, outside: Outside) -> None:
    """Generation 3 has a path length of nought: an authority of its own making carries nothing, even if we knew it."""
    third = authority.issuer(IssuerKey.MOEACA_G3)
    below = profile.intermediate_certificate(
        IssuerKey.MOEACA_G2, card.key.public_key(), third, 98, Validity(NOW - timedelta(1), NOW + timedelta(9)),
        authority.base_url,
    )  # fmt: skip
    content = profile.CardContent(CardKind.COMPANY, Rank.PRIMARY, "冒名有限公司", COMPANY_UBN, COMPANY_UBN)
    made = profile.card_certificate(
        content, card.key.public_key(), replace(third, key=card.key, certificate=below), 97,
        Validity(NOW - timedelta(1), NOW + timedelta(1)), authority.base_url,
    )  # fmt: skip
    verifier = CardVerifier()
    verifier.store = replace(verifier.store, intermediates=(*verifier.store.intermediates, below))
    with pytest.raises(CertificateNotTrusted):
        verify(sign(replace(card, certificate=made)), verifier=verifier)


def test_a_root_of_the_same_name_is_no_root(authority: Authority, card: Card, outside: Outside) -> None:
    """Pinned by its bytes: another key under the root's name ends no chain."""
    forged = authority.issuer(IssuerKey.FORGED_ROOT).certificate
    assert forged.subject == authority.root.certificate.subject
    verifier = CardVerifier()
    verifier.store = replace(verifier.store, intermediates=(*verifier.store.intermediates, forged))
    with pytest.raises(CertificateNotTrusted):
        verify(sign(authority.card("forged")), verifier=verifier)
