"""R10, revocation: OCSP answers and lists that would call a revoked card good, each with one thing wrong.

The card is revoked in truth. An attacker between us and the authority can record, bend and forge answers; as long as
no usable one arrives, nothing is known, and unknown is never read as good.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from asn1crypto import core, ocsp
from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from simulators.certificate_authority import profile, revocation
from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority, Card
from simulators.certificate_authority.profile import Validity
from tcloud.adapters.pki import fetch as fetching
from tcloud.identity.company_certificate import CertificateRevoked, RevocationUnknown
from tests import forging
from tests.adapters.test_company_certificate import _ocsp_question, sign, verify
from tests.authority import COMPANY_UBN, NOW, Outside, authority, card, outside

__all__ = ["authority", "card", "outside"]

G3 = IssuerKey.MOEACA_G3
Answer = Callable[[Outside, Card, bytes], bytes]
NONCE = "1.3.6.1.5.5.7.48.1.2"


def honest(net: Outside, question: bytes) -> bytes:
    """What the authority would truly say."""
    return revocation.ocsp_answer(net.authority, question, now=net.now)


def called_good(data: Any) -> None:
    """The status of every answer becomes good."""
    for single in data["responses"]:
        single["cert_status"] = ocsp.CertStatus(name="good", value=ocsp.StatusGood())


def bent(change: forging.Change, *, key: IssuerKey | None = None, digest: str = "sha256") -> Answer:
    """Called good, changed, and signed by the responder's own key, or by another authority's."""

    def answer(net: Outside, card: Card, question: bytes) -> bytes:
        def both(data: Any) -> None:
            called_good(data)
            change(data)

        signer = revocation.responder_of(net.authority, G3).key if key is None else net.authority.issuer(key).key
        return forging.ocsp_answer(honest(net, question), signer, both, digest=digest)

    return answer


def unsigned_change(net: Outside, card: Card, question: bytes) -> bytes:
    """The true answer with its status replaced and the signature left as it was."""
    response = ocsp.OCSPResponse.load(honest(net, question))
    basic = response["response_bytes"]["response"].parsed
    called_good(basic["tbs_response_data"])
    body = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(
        {name: basic[name] for name in ("tbs_response_data", "signature_algorithm", "signature", "certs")})}  # fmt: skip
    der: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump(force=True)
    return der


def times(this: timedelta, following: timedelta | None) -> forging.Change:
    def change(data: Any) -> None:
        data["produced_at"] = NOW + this
        for single in data["responses"]:
            single["this_update"] = NOW + this
            if following is None:
                single["next_update"] = None
            else:
                single["next_update"] = NOW + following

    return change


def about(**fields: Any) -> forging.Change:
    def change(data: Any) -> None:
        for single in data["responses"]:
            for name, value in fields.items():
                single["cert_id"][name] = value

    return change


def another_nonce(data: Any) -> None:
    data["response_extensions"] = [{"extn_id": "nonce", "extn_value": core.OctetString(b"\x05" * 32)}]


def must_be_understood(data: Any) -> None:
    data["response_extensions"] = [
        *data["response_extensions"],
        {"extn_id": "1.3.6.1.4.1.99999.7", "critical": True, "extn_value": core.ParsableOctetString(b"\x05\x00")},
    ]


def twice_and_different(data: Any) -> None:
    """Good first, revoked behind it: both about the card."""
    first = data["responses"][0]
    second = ocsp.SingleResponse.load(first.dump())
    second["cert_status"] = ocsp.CertStatus(
        name="revoked", value=ocsp.RevokedInfo({"revocation_time": NOW, "revocation_reason": "key_compromise"})
    )
    data["responses"] = [first, ocsp.SingleResponse.load(second.dump(force=True))]


def nothing_inside(data: Any) -> None:
    data["responses"] = []


def by_responder(make: Callable[[Authority, rsa.RSAPrivateKey], x509.Certificate]) -> Answer:
    """Signed by a key whose certificate is not fit for it."""

    def answer(net: Outside, card: Card, question: bytes) -> bytes:
        key = card.key
        own = make(net.authority, key)

        def change(data: Any) -> None:
            called_good(data)
            data["responder_id"] = ocsp.ResponderId(name="by_key", value=revocation._key_digest(own))

        return forging.ocsp_answer(honest(net, question), key, change, signer=own)

    return answer


def responder(authority: Authority, key: rsa.RSAPrivateKey, *, issuer: IssuerKey = G3, ended: bool = False) -> x509.Certificate:
    end = NOW - timedelta(seconds=1) if ended else NOW + timedelta(days=9)
    validity = Validity(NOW - timedelta(days=9), end)
    return profile.responder_certificate(key.public_key(), authority.issuer(issuer), 5, validity)


def without_purpose(authority: Authority, key: rsa.RSAPrivateKey) -> x509.Certificate:
    return forging.certificate(responder(authority, key), authority.issuer(G3).key, forging.without("2.5.29.37"))


def for_something_else(authority: Authority, key: rsa.RSAPrivateKey) -> x509.Certificate:
    purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]).public_bytes()
    return forging.certificate(
        responder(authority, key), authority.issuer(G3).key, forging.with_value("2.5.29.37", purpose)
    )


def self_made(authority: Authority, key: rsa.RSAPrivateKey) -> x509.Certificate:
    return forging.certificate(responder(authority, key), key, lambda body: None)


def status_only(name: str) -> Answer:
    return lambda net, card, question: revocation._status(name)


def for_another_card(net: Outside, card: Card, question: bytes) -> bytes:
    """A true, fresh, good answer about the secondary card, asked with our own nonce."""
    other = net.authority.card("secondary").certificate.serial_number
    request = ocsp.OCSPRequest.load(question)
    request["tbs_request"]["request_list"][0]["req_cert"]["serial_number"] = other
    return honest(net, request.dump(force=True))


OCSP: dict[str, Answer] = {
    "the status changed under the old signature": unsigned_change,
    "signed by nobody we know": bent(lambda data: None, key=IssuerKey.FORGED_ROOT),
    "signed by the other generation of one name": bent(lambda data: None, key=IssuerKey.MOEACA_G2),
    "signed by another authority under our root": bent(lambda data: None, key=IssuerKey.MOICA),
    "signed with SHA-1": bent(lambda data: None, digest="sha1"),
    "a good answer recorded last week": bent(times(timedelta(days=-7), timedelta(days=-6))),
    "old, and without an end": bent(times(timedelta(days=-2), None)),
    "from the future": bent(times(timedelta(minutes=30), timedelta(hours=2))),
    "ended a second ago": bent(times(timedelta(hours=-1), timedelta(seconds=-1))),
    "ends before it begins": bent(times(timedelta(hours=-1), timedelta(hours=-2))),
    "another serial number": bent(about(serial_number=7)),
    "another issuer's key": bent(about(issuer_key_hash=b"\x01" * 20)),
    "another issuer's name": bent(about(issuer_name_hash=b"\x01" * 20)),
    "a true answer about another card": for_another_card,
    "another question's nonce": bent(another_nonce),
    "an extension that must be understood": bent(must_be_understood),
    "good and revoked at once": bent(twice_and_different),
    "no answer inside": bent(nothing_inside),
    "a responder without the purpose": by_responder(without_purpose),
    "a responder made for time stamps": by_responder(for_something_else),
    "a responder that has ended": by_responder(lambda authority, key: responder(authority, key, ended=True)),
    "a responder of the other generation": by_responder(
        lambda authority, key: responder(authority, key, issuer=IssuerKey.MOEACA_G2)),
    "a responder of another authority": by_responder(lambda authority, key: responder(authority, key, issuer=IssuerKey.MOICA)),
    "a responder that made itself": by_responder(self_made),
    "try later": status_only("try_later"),
    "not authorised": status_only("unauthorized"),
    "internal error": status_only("internal_error"),
    "nothing": lambda net, card, question: b"",
    "cut short": lambda net, card, question: bent(lambda data: None)(net, card, question)[:-20],
    "noise": lambda net, card, question: b"\x30\x82\x01\x00" + b"\x55" * 256,
}  # fmt: skip


@pytest.fixture
def revoked(authority: Authority, card: Card, outside: Outside) -> Card:
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    return card


def about_the_card(net: Outside, **replies: Callable[[bytes], bytes]) -> None:
    """Replace what is said about the card; what the root says about its authority stays true."""
    plain = net._content

    def reply(service: str, request: httpx.Request) -> bytes:
        if request.url.path.startswith("/crl/root-"):
            return plain(service, request)
        if service not in replies:
            raise httpx.ConnectError("down", request=request)
        return replies[service](request.content)

    net._content = reply  # type: ignore[method-assign]


@pytest.mark.parametrize("name", OCSP)
def test_a_hostile_ocsp_answer_is_never_read_as_good(name: str, revoked: Card, outside: Outside) -> None:
    about_the_card(outside, ocsp=lambda question: OCSP[name](outside, revoked, question))
    with pytest.raises(RevocationUnknown):
        verify(sign(revoked))
    assert [address for address in outside.asked if "/ocsp" in address]
    assert not [address for address in outside.asked if "/crl/root-" in address], "it stopped at the card"


def test_the_same_way_of_bending_is_believed_when_nothing_is_wrong(authority: Authority, card: Card, outside: Outside) -> None:
    """The control: signed again by the right responder, the answer counts, so each case fails for its own reason."""
    for answer in (bent(lambda data: None), by_responder(responder)):
        about_the_card(outside, ocsp=partial(answer, outside, card))
        assert verify(sign(card)).revocation[0].source == "ocsp"


def test_an_answer_prepared_ahead_may_leave_the_nonce_out(card: Card, outside: Outside) -> None:
    def bare(data: Any) -> None:
        data["response_extensions"] = None

    about_the_card(outside, ocsp=partial(bent(bare), outside, card))
    assert verify(sign(card)).revocation[0].source == "ocsp"


# Lists ------------------------------------------------------------------------------------------------------

Listed = Callable[[Outside, Card], bytes]
PARTITION = "2.5.29.28"


def empty_list(net: Outside, issuer: IssuerKey = G3, now: datetime = NOW) -> bytes:
    """A true complete list of another day, before the card was revoked."""
    return revocation.crl(net.authority, issuer, now=now)


def innocent(body: Any) -> None:
    """Nobody is revoked."""
    body["revoked_certificates"] = None


def listed(change: forging.Change, *, key: IssuerKey = G3, digest: str = "sha256") -> Listed:
    def make(net: Outside, card: Card) -> bytes:
        def both(body: Any) -> None:
            innocent(body)
            change(body)

        return forging.revocation_list(empty_list(net), net.authority.issuer(key).key, both, digest=digest)

    return make


def period(start: timedelta, end: timedelta | None) -> forging.Change:
    def change(body: Any) -> None:
        body["this_update"] = asn1_crl.Time({"utc_time": NOW + start})
        body["next_update"] = None if end is None else asn1_crl.Time({"utc_time": NOW + end})

    return change


def scope(**on: bool) -> forging.Change:
    """Which certificates the list says it speaks for."""
    values: dict[str, Any] = dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"), False
    )
    made = x509.IssuingDistributionPoint(full_name=None, relative_name=None, only_some_reasons=None, **(values | on))
    return forging.list_extension(PARTITION, made.public_bytes())


SOME_REASONS = x509.IssuingDistributionPoint(
    full_name=None, relative_name=None, only_contains_user_certs=False, only_contains_ca_certs=False,
    only_some_reasons=frozenset([x509.ReasonFlags.superseded]), indirect_crl=False, only_contains_attribute_certs=False,
)  # fmt: skip
ELSEWHERE = x509.IssuingDistributionPoint(
    full_name=[x509.UniformResourceIdentifier("http://127.0.0.1:8010/crl/elsewhere.crl")], relative_name=None,
    only_contains_user_certs=False, only_contains_ca_certs=False, only_some_reasons=None, indirect_crl=False,
    only_contains_attribute_certs=False,
)  # fmt: skip


def another_name(body: Any) -> None:
    body["issuer"] = asn1_crl.Name.build({"country_name": "TW", "organization_name": "別的中心"})


LISTS: dict[str, Listed] = {
    "signed by nobody we know": listed(lambda body: None, key=IssuerKey.FORGED_ROOT),
    "signed by the other generation of one name": listed(lambda body: None, key=IssuerKey.MOEACA_G2),
    "signed by the root": listed(lambda body: None, key=IssuerKey.ROOT),
    "signed with SHA-1": listed(lambda body: None, digest="sha1"),
    "another issuer's name": listed(another_name),
    "a list of another authority": lambda net, card: empty_list(net, IssuerKey.MOICA),
    "yesterday's list": listed(period(timedelta(days=-2), timedelta(days=-1))),
    "ended a second ago": listed(period(timedelta(days=-1), timedelta(seconds=-1))),
    "from the future": listed(period(timedelta(hours=1), timedelta(hours=9))),
    "without an end": listed(period(timedelta(hours=-1), None)),
    "only what has changed (a delta)": listed(forging.list_extension("2.5.29.27", core.Integer(1).dump())),
    "a part for other certificates": listed(forging.list_extension(PARTITION, ELSEWHERE.public_bytes())),
    "only authorities": listed(scope(only_contains_ca_certs=True)),
    "only attribute certificates": listed(scope(only_contains_attribute_certs=True)),
    "a list for several authorities": listed(scope(indirect_crl=True)),
    "only some reasons": listed(forging.list_extension(PARTITION, SOME_REASONS.public_bytes())),
    "an extension that must be understood": listed(forging.list_extension("1.3.6.1.4.1.99999.7", b"\x05\x00")),
    "the entry taken out under the old signature": lambda net, card: _taken_out(net),
    "cut short": lambda net, card: listed(lambda body: None)(net, card)[:-30],
    "nothing": lambda net, card: b"",
    "a page": lambda net, card: b"<html><title>503</title></html>",
}  # fmt: skip


def _taken_out(net: Outside) -> bytes:
    whole = asn1_crl.CertificateList.load(empty_list(net))
    innocent(whole["tbs_cert_list"])
    der: bytes = whole.dump(force=True)
    return der


@pytest.mark.parametrize("name", LISTS)
def test_a_hostile_list_is_never_read_as_good(name: str, revoked: Card, outside: Outside) -> None:
    about_the_card(outside, crl=lambda _: LISTS[name](outside, revoked))
    with pytest.raises(RevocationUnknown):
        verify(sign(revoked))
    assert not [address for address in outside.asked if "/crl/root-" in address], "it stopped at the card"


def test_a_list_bent_in_nothing_is_believed(card: Card, outside: Outside) -> None:
    about_the_card(outside, crl=lambda _: listed(lambda body: None)(outside, card))
    assert [answer.source for answer in verify(sign(card)).revocation] == ["crl", "crl"]


def test_a_card_on_hold_is_revoked_for_now(authority: Authority, card: Card, outside: Outside) -> None:
    outside.down = {"ocsp"}
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1), reason=x509.ReasonFlags.certificate_hold)
    with pytest.raises(CertificateRevoked):
        verify(sign(card))


# Every bit --------------------------------------------------------------------------------------------------

EVERY = 1 if os.environ.get("TCLOUD_PROVE") else 29
"""`make test` takes a sample of the bits, `make prove` all of them."""


@pytest.mark.parametrize("service", ["ocsp", "crl"])
@pytest.mark.slow
def test_no_bit_of_an_answer_makes_a_revoked_card_good(service: str, revoked: Card, outside: Outside) -> None:
    """Flipped in turn: the answer is either still the truth or none; never good, and never a crash."""
    signature, answers, bit = sign(revoked), 0, 0

    def flipped(question: bytes) -> bytes:
        true = honest(outside, question) if service == "ocsp" else revocation.crl(outside.authority, G3, now=NOW)
        changed = bytearray(true)
        changed[bit // 8 % len(true)] ^= 1 << bit % 8
        return bytes(changed)

    about_the_card(outside, **{service: flipped})
    bits = 8 * len(flipped(_ocsp_question(revoked)))
    for bit in range(0, bits, EVERY):  # noqa: B007  # read by `flipped`
        with pytest.raises((CertificateRevoked, RevocationUnknown)) as refused:
            verify(signature)
        answers += refused.type is CertificateRevoked
    assert answers < bits // EVERY // 4, "nearly every bit is covered by the signature"


# Where we ask -----------------------------------------------------------------------------------------------


def pointing(authority: Authority, card: Card, address: str) -> Card:
    """The card with another address in both places that name where to ask."""
    uri = x509.UniformResourceIdentifier(address)
    lists = x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)])
    access = x509.AuthorityInformationAccess([x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, uri)])

    def change(body: Any) -> None:
        forging.with_value("2.5.29.31", lists.public_bytes())(body)
        forging.with_value("1.3.6.1.5.5.7.1.1", access.public_bytes())(body)

    return forging.card_with(authority, card, change)


ADDRESSES = [
    "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:8010@evil.example/crl", "http://127.0.0.1:22/",
    "http://localhost:8010/crl/moeaca-g3-complete.crl", "https://127.0.0.1:8010.evil.example/ocsp", "file:///etc/passwd",
    "ldap://127.0.0.1:8010/cn=x", "http:///ocsp", "ocsp", "http://[::1]:8010/ocsp", "gopher://127.0.0.1:8010/1",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_certificate_cannot_send_us_anywhere(address: str, authority: Authority, card: Card, outside: Outside) -> None:
    with pytest.raises(RevocationUnknown):
        verify(sign(pointing(authority, card, address)))
    assert outside.asked == []


def test_a_certificate_that_names_nowhere_to_ask(authority: Authority, card: Card, outside: Outside) -> None:
    def change(body: Any) -> None:
        forging.without("2.5.29.31")(body)
        forging.without("1.3.6.1.5.5.7.1.1")(body)

    with pytest.raises(RevocationUnknown):
        verify(sign(forging.card_with(authority, card, change)))
    assert outside.asked == []


@pytest.mark.parametrize("status", [204, 301, 302, 403, 404, 500, 503])
def test_only_a_plain_yes_is_an_answer(status: int, card: Card, outside: Outside, monkeypatch: Any) -> None:
    """A redirect is not followed either: it would lead past the list of hosts."""

    def reply(request: httpx.Request) -> httpx.Response:
        outside.asked.append(str(request.url))
        return httpx.Response(status, headers={"Location": "http://127.0.0.1:8010/ocsp"}, content=b"\x30\x00")

    outside.answer = reply  # type: ignore[method-assign]
    monkeypatch.setattr(httpx, "Client", lambda **how: _client(reply, how))
    with pytest.raises(RevocationUnknown):
        verify(sign(card))
    assert len(outside.asked) == 3  # OCSP, both lists; nothing behind a redirect


_REAL = httpx.Client


def _client(reply: Callable[[httpx.Request], httpx.Response], how: dict[str, Any]) -> httpx.Client:
    return _REAL(**(how | {"transport": httpx.MockTransport(reply)}))


def test_an_endless_answer_is_cut_off(card: Card, outside: Outside, monkeypatch: Any) -> None:
    monkeypatch.setattr(fetching, "LARGEST_ANSWER", 100_000)
    outside.replaced = {"ocsp": lambda _: b"\x30" * 100_001, "crl": lambda _: b"\x30" * 100_001}
    with pytest.raises(RevocationUnknown):
        verify(sign(card))


def test_revoked_only_after_the_signature_is_good_until_then(authority: Authority, card: Card, outside: Outside) -> None:
    """A revocation announced for tomorrow is not in force today."""
    authority.revoke(card.certificate.serial_number, at=NOW + timedelta(days=1))
    assert verify(sign(card)).ubn == COMPANY_UBN
    outside.now = NOW + timedelta(days=2)
    with pytest.raises(CertificateRevoked):
        verify(sign(replace(card), now=outside.now), now=outside.now)
