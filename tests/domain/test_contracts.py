"""From facts to a signed contract, and what anybody can find out about it afterwards."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import DatabaseError, connection, transaction
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko_certvalidator.registry import SimpleCertificateStore

from simulators.card_reader import signing
from simulators.certificate_authority.pki import Authority, Card
from simulators.certificate_authority.revocation import Lie
from tcloud.audit.models import AuditRow
from tcloud.contracts import pades, services
from tcloud.contracts.models import Contract, ContractDocument
from tcloud.contracts.pades import SignatureNotByAnnounced
from tcloud.contracts.queries import (
    ContractMissing,
    contract_of,
    document_of,
    has_kept_signature,
    latest_document,
    lock_contract_of,
    stored_as,
)
from tcloud.contracts.rules import ContractFacts, fingerprint
from tcloud.contracts.services import AlreadySigned, Announced, AttemptGone, SignedContract
from tcloud.contracts.states import ContractState, DocumentKind, Party
from tcloud.contracts.time_stamper import TimeStamp, TimeStampUnavailable
from tcloud.contracts.typesetting import shown, typeset
from tcloud.contracts.verification import Verdict, configured_trust, verify_document
from tcloud.identity.company_certificate import CertificateRevoked, ChallengeSpent, UbnMismatch
from tcloud.identity.models import CardSignature, Challenge, TrustObject
from tcloud.identity.rules import Purpose
from tcloud.identity.services import CardProof, IssuedChallenge, issue_challenge, prove_card
from tests.authority import COMPANY_UBN, NOW, Outside, authority, card, der, outside
from tests.contracts import ORDER, facts

__all__ = ["authority", "card", "outside"]

SESSION = "a session's secret"
REAL_CLIENT = httpx.Client


def draft(of: ContractFacts | None = None) -> Contract:
    of = of or facts()
    made = services.typeset_contract(of)
    with transaction.atomic():
        return services.draft_contract(facts=of, typeset=made, now=NOW)


def challenge(now: Any = NOW, session: str = SESSION) -> IssuedChallenge:
    return issue_challenge(
        purpose=Purpose.SIGN_CONTRACT, subject=ORDER, session_key=session,
        statement=services.signing_statement(ORDER), machine_now=now,
    )  # fmt: skip


def answer(card: Card, to: IssuedChallenge) -> bytes:
    return signing.pkcs7(card, to.content, now=NOW, extras=signing.Extras(nonce=to.nonce))


def prove(card: Card, to: IssuedChallenge, **changes: Any) -> CardProof:
    values = {
        "nonce": to.nonce, "signature": answer(card, to), "purpose": Purpose.SIGN_CONTRACT, "subject": ORDER,
        "session_key": SESSION, "statement": services.signing_statement(ORDER), "now": NOW, "machine_now": NOW, "expected_ubn": COMPANY_UBN,
    }  # fmt: skip
    return prove_card(**(values | changes))


def announce(card: Card) -> Announced:
    proof = prove(card, challenge())
    return services.announce_certificate(order_number=ORDER, proof=proof, session_key=SESSION, now=NOW, machine_now=NOW)


def complete(announced: Announced, raw: bytes | None, **changes: Any) -> SignedContract:
    values = {"order_number": ORDER, "key": announced.key, "raw_signature": raw, "session_key": SESSION, "now": NOW, "machine_now": NOW}
    return services.complete_signature(**(values | changes))


def signed_by(card: Card) -> SignedContract:
    announced = announce(card)
    return complete(announced, signing.pkcs1(card, announced.to_sign))


def store(signed: SignedContract) -> Contract:
    with transaction.atomic():
        return services.store_signature(order_number=ORDER, party=Party.COMPANY, signed=signed, now=NOW)


needs_poppler = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="install poppler-utils")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="install openssl")

# Typesetting ------------------------------------------------------------------------------------------------


def text_of(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "contract.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout


def test_the_same_facts_give_the_same_bytes() -> None:
    assert typeset(facts()) == typeset(facts())
    assert typeset(facts()).sha256 != typeset(facts(points=29_999)).sha256


@needs_poppler
def test_the_contract_says_what_was_agreed(tmp_path: Path) -> None:
    made = typeset(facts())
    text = text_of(made.content, tmp_path)
    for part in (
        "雲端解決方案買賣契約", ORDER, "晨光烘焙有限公司", COMPANY_UBN, "稻浪軟體股份有限公司", "陸萬元整", "60,000",
        "巷口點餐 POS", "12 個月", "第 7 個月起", "個人資料", "爭議處理", f"第 {made.pages} 頁，共 {made.pages} 頁",
        "中華民國 115 年 11 月 24 日",
    ):  # fmt: skip
        assert part in text, part
    assert "27,500" in text
    assert "不予退還" in text


@pytest.mark.parametrize("term", [1, 2, 3, 12, 36, 60])
def test_every_term_has_its_refund_table(term: int) -> None:
    assert typeset(facts(term=term)).pages >= 2


@needs_poppler
@pytest.mark.parametrize(
    "name",
    [
        "𪚥龘有限公司", "\U0003106c社", "🍞烘焙", '#set page(fill: red) $x$ *b* _i_ @a <b> \\ "引號" `c` // 註解',
        "甲\u202e乙\x00丙", "名" * 120,
    ],
    ids=["rare", "newest", "emoji", "markup", "controls", "long"],
)
def test_no_name_stops_a_contract(name: str, tmp_path: Path) -> None:
    assert text_of(typeset(facts(buyer=name)).content, tmp_path)


def test_a_character_without_a_glyph_shows_its_code_point() -> None:
    assert shown("麵🍞社") == "麵□〔U+1F35E〕社"


def test_tagged_with_a_language_and_a_title() -> None:
    root = PdfFileReader(BytesIO(typeset(facts()).content)).root
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("zh")


# Signing ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_two_clicks_make_a_good_contract(card: Card, outside: Outside) -> None:
    contract = draft()
    original = latest_document(ORDER)
    stored = store(signed_by(card))
    assert stored.state == ContractState.SIGNED_BY_COMPANY
    assert stored.company_signed_at == NOW
    content = latest_document(ORDER)
    assert content.startswith(original)
    assert fingerprint(original) == contract.original_sha256
    report = verify_document(content, configured_trust())
    assert report.verdict is Verdict.GOOD
    (signature,) = report.signatures
    assert (signature.name, signature.ubn, signature.stamped_at) == (card.spec.name, COMPANY_UBN, NOW)
    found = stored_as(fingerprint(content))
    assert found is not None
    assert found.contract.order_number == ORDER
    row = AuditRow.objects.get(tag="contracts:contract:signed-by-company")
    assert row.details["signed_sha256"] == fingerprint(content)


@pytest.mark.django_db
def test_the_evidence_is_kept(card: Card, outside: Outside) -> None:
    draft()
    store(signed_by(card))
    evidence = CardSignature.objects.get()
    assert evidence.ubn == COMPANY_UBN
    assert b"tcloud-challenge sign-contract\n" in bytes(evidence.challenge.content)
    assert bytes(evidence.cms)[:1] == b"\x30"
    kept = {row.digest: row for row in TrustObject.objects.all()}
    assert set(evidence.issuers) | set(evidence.revocation) <= set(kept)
    assert all(sha256(bytes(row.der)).hexdigest() == digest for digest, row in kept.items())


@pytest.mark.django_db
def test_nothing_remote_happens_inside_a_transaction(card: Card, outside: Outside, monkeypatch: Any) -> None:
    plain = outside.answer
    depths: list[int] = []

    def watched(request: httpx.Request) -> httpx.Response:
        depths.append(len(connection.savepoint_ids))
        return plain(request)

    monkeypatch.setattr(httpx, "Client", partial(REAL_CLIENT, transport=httpx.MockTransport(watched)))
    draft()
    signed_by(card)
    assert len(depths) >= 4
    assert set(depths) == {len(connection.savepoint_ids)}


@pytest.mark.django_db
def test_another_card_at_the_second_click_is_refused(authority: Authority, card: Card, outside: Outside) -> None:
    draft()
    announced = announce(card)
    with pytest.raises(SignatureNotByAnnounced):
        complete(announced, signing.pkcs1(authority.card("secondary"), announced.to_sign))
    assert not has_kept_signature(announced.key)
    assert complete(announced, signing.pkcs1(card, announced.to_sign)).order_number == ORDER


@pytest.mark.django_db
def test_the_secondary_card_signs(authority: Authority, outside: Outside) -> None:
    """It joins nobody and opens no account, but a contract it may sign (docs/adr/0016)."""
    draft()
    secondary = authority.card("secondary")
    store(signed_by(secondary))
    assert CardSignature.objects.get().fingerprint == sha256(der(secondary)[0]).hexdigest()


@pytest.mark.django_db
@pytest.mark.parametrize("raw", [b"", b"\x00" * 256, b"\xff" * 512], ids=["empty", "zeros", "long"])
def test_noise_at_the_second_click_is_refused(card: Card, outside: Outside, raw: bytes) -> None:
    draft()
    with pytest.raises(SignatureNotByAnnounced):
        complete(announce(card), raw)
    assert contract_of(ORDER).state == ContractState.DRAFTED


@pytest.mark.django_db
def test_the_first_clicks_signature_is_no_second(card: Card, outside: Outside) -> None:
    """What the card signs at the first click are other attributes: its raw signature fits no contract."""
    from asn1crypto import cms

    draft()
    issued = challenge()
    first = answer(card, issued)
    proof = prove(card, issued, signature=first)
    announced = services.announce_certificate(
        order_number=ORDER, proof=proof, session_key=SESSION, now=NOW, machine_now=NOW
    )
    raw = cms.ContentInfo.load(first)["content"]["signer_infos"][0]["signature"].native
    with pytest.raises(SignatureNotByAnnounced):
        complete(announced, raw)


@pytest.mark.django_db
def test_a_failed_time_stamp_loses_nothing(card: Card, outside: Outside) -> None:
    draft()
    announced = announce(card)
    outside.down = {"tsa"}
    with pytest.raises(TimeStampUnavailable, match="不必再插卡"):
        complete(announced, signing.pkcs1(card, announced.to_sign))
    assert contract_of(ORDER).state == ContractState.DRAFTED
    assert has_kept_signature(announced.key)
    outside.down = set()
    later = NOW + timedelta(minutes=30)
    signed = complete(announced, None, machine_now=later)
    assert store(signed).state == ContractState.SIGNED_BY_COMPANY


@pytest.mark.django_db
@pytest.mark.parametrize("lie", list(Lie))
def test_a_lying_time_stamp_service_is_not_believed(card: Card, outside: Outside, lie: Lie) -> None:
    draft()
    announced = announce(card)
    outside.lies = {"tsa": lie}
    with pytest.raises(TimeStampUnavailable):
        complete(announced, signing.pkcs1(card, announced.to_sign))


@pytest.mark.django_db
def test_an_old_time_stamp_is_not_believed(card: Card, outside: Outside) -> None:
    draft()
    announced = announce(card)
    recorded = outside._content("tsa", httpx.Request("POST", "http://127.0.0.1/tsa", content=_stamp_request()))
    outside.replaced = {"tsa": lambda _: recorded}
    with pytest.raises(TimeStampUnavailable):
        complete(announced, signing.pkcs1(card, announced.to_sign))


def _stamp_request() -> bytes:
    from asn1crypto import tsp

    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"\x01" * 32}
    request: bytes = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": 5, "cert_req": True}).dump()
    return request


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"machine_now": NOW + timedelta(minutes=5)}, {"session_key": "another"}, {"key": "unknown"}],
    ids=["late", "other session", "unknown"],
)
def test_the_second_click_belongs_to_the_first(card: Card, outside: Outside, change: dict[str, Any]) -> None:
    draft()
    announced = announce(card)
    with pytest.raises(AttemptGone):
        complete(announced, signing.pkcs1(card, announced.to_sign), **change)


@pytest.mark.django_db
def test_a_contract_that_would_not_verify_is_never_stored(card: Card, outside: Outside) -> None:
    """The clock was moved two hours between the clicks: the proof of the first is too old for the stamp."""
    draft()
    announced = announce(card)
    outside.now = NOW + timedelta(hours=2)
    with pytest.raises(AttemptGone):
        complete(announced, signing.pkcs1(card, announced.to_sign), now=outside.now)
    assert contract_of(ORDER).state == ContractState.DRAFTED


@pytest.mark.django_db
def test_without_a_kept_signature_there_is_nothing_to_try_again(card: Card, outside: Outside) -> None:
    draft()
    with pytest.raises(AttemptGone):
        complete(announce(card), None)


@pytest.mark.django_db
def test_a_contract_is_signed_once(card: Card, outside: Outside) -> None:
    draft()
    announced = announce(card)
    raw = signing.pkcs1(card, announced.to_sign)
    first, second = complete(announced, raw), complete(announced, raw)
    store(first)
    with pytest.raises(AlreadySigned):
        store(second)
    with pytest.raises(AlreadySigned):
        complete(announced, raw)
    with pytest.raises(AlreadySigned):
        announce(card)
    assert ContractDocument.objects.count() == 2


@pytest.mark.django_db
def test_a_discarded_draft_cannot_be_signed(card: Card, outside: Outside) -> None:
    draft()
    announced = announce(card)
    signed = complete(announced, signing.pkcs1(card, announced.to_sign))
    with transaction.atomic():
        services.discard_draft(order_number=ORDER)
    with pytest.raises(ContractMissing):
        contract_of(ORDER)
    with pytest.raises(AttemptGone):
        complete(announced, None)
    again = draft(facts(points=20_000, self_pay=40_000))
    with pytest.raises(AttemptGone):
        store(signed)
    assert contract_of(ORDER) == again


@pytest.mark.django_db
def test_one_living_contract_for_an_order() -> None:
    draft()
    with pytest.raises(DatabaseError), transaction.atomic():
        draft()


# Challenges -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_challenge_is_good_once(card: Card, outside: Outside) -> None:
    draft()
    issued = challenge()
    signature = answer(card, issued)
    prove(card, issued, signature=signature)
    for _ in range(3):
        with pytest.raises(ChallengeSpent):
            prove(card, issued, signature=signature)
    assert CardSignature.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"machine_now": NOW + timedelta(minutes=5)}, {"machine_now": NOW - timedelta(seconds=1)},
        {"session_key": "another"}, {"purpose": Purpose.JOIN}, {"subject": "TC2600000029"}, {"nonce": "00" * 32},
    ],
    ids=["late", "early", "other session", "other purpose", "other order", "unknown"],
)  # fmt: skip
def test_a_challenge_serves_nothing_else(card: Card, outside: Outside, change: dict[str, Any]) -> None:
    draft()
    issued = challenge()
    with pytest.raises(ChallengeSpent):
        prove(card, issued, **change)
    if "nonce" not in change:
        assert Challenge.objects.get(nonce=issued.nonce).consumed_at is not None
        with pytest.raises(ChallengeSpent):
            prove(card, issued)
    assert outside.asked == []


@pytest.mark.django_db
def test_a_refused_signature_spends_its_challenge(authority: Authority, card: Card, outside: Outside) -> None:
    draft()
    issued = challenge()
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    with pytest.raises(CertificateRevoked):
        prove(card, issued)
    authority.unrevoke(card.certificate.serial_number)
    with pytest.raises(ChallengeSpent):
        prove(card, issued)


@pytest.mark.django_db
def test_another_companys_card_is_refused(authority: Authority, outside: Outside) -> None:
    draft()
    with pytest.raises(UbnMismatch, match=COMPANY_UBN):
        prove(authority.card("28246281"), challenge())
    assert not CardSignature.objects.exists()


# What the database refuses ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contracts_contractdocument SET content = ''",
        "DELETE FROM contracts_contractdocument",
        "DELETE FROM contracts_contract",
        "UPDATE contracts_contract SET facts = '{}'",
        "UPDATE contracts_contract SET state = 'drafted', company_signed_at = NULL",
        "UPDATE contracts_contract SET state = 'discarded', company_signed_at = NULL",
        "UPDATE identity_cardsignature SET ubn = '24549210'",
        "DELETE FROM identity_trustobject",
        "UPDATE identity_challenge SET consumed_at = NULL",
    ],
)
def test_nobody_rewrites_a_contract(card: Card, outside: Outside, statement: str) -> None:
    draft()
    store(signed_by(card))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# Verification -----------------------------------------------------------------------------------------------


_made: list[bytes] = []


@pytest.fixture
def good(card: Card, outside: Outside, db: None) -> bytes:
    """A signed contract's bytes, made once."""
    if not _made:
        draft()
        _made.append(signed_by(card).content)
    return _made[0]


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def other_digit(content: bytes) -> tuple[bytes, bytes]:
    """The card's signature as it stands in the file, and the same with another last digit."""
    (signature,) = PdfFileReader(BytesIO(content)).embedded_regular_signatures
    digits = signature.signer_info["signature"].native.hex().upper().encode()
    return digits, digits[:-1] + (b"0" if digits.endswith(b"1") else b"1")


def with_another_language(content: bytes) -> bytes:
    """An honest incremental update that changes what the reader sees."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    writer.root["/Lang"] = generic.pdf_string("en")
    writer.update_root()
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


ALTERED: dict[str, tuple[Callable[[bytes], bytes], Verdict]] = {
    "a bit of the first page": (lambda content: flipped(content, 20_000), Verdict.ALTERED),
    "a bit of the last signed part": (
        lambda content: flipped(content, content.find(b"/ByteRange") + 14), Verdict.ALTERED,
    ),
    "a digit of the signature": (lambda content: content.replace(*other_digit(content)), Verdict.ALTERED),
    "an update that changes the document": (with_another_language, Verdict.ALTERED),
    "cut off": (lambda content: content[: len(content) // 2], Verdict.UNREADABLE),
    "not a PDF": (lambda content: b"<html>", Verdict.UNREADABLE),
    "empty": (lambda content: b"", Verdict.UNREADABLE),
    "no signature": (lambda content: typeset(facts()).content, Verdict.UNSIGNED),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_document_is_not_good(good: bytes, name: str) -> None:
    alter, verdict = ALTERED[name]
    report = verify_document(alter(good), configured_trust())
    assert report.verdict in (verdict, Verdict.ALTERED, Verdict.UNREADABLE)
    assert report.verdict is not Verdict.GOOD
    if verdict is Verdict.UNSIGNED:
        assert report.verdict is verdict


def test_signed_by_somebody_we_do_not_pin(good: bytes, authority: Authority) -> None:
    from dataclasses import replace

    from simulators.certificate_authority.names import IssuerKey
    from tcloud.contracts.verification import _load

    stranger = replace(configured_trust(), roots=_load([authority.folder / f"{IssuerKey.FORGED_ROOT}.crt"]))
    assert verify_document(good, stranger).verdict is Verdict.NOT_TRUSTED


def test_without_validation_data_nobody_can_vouch_for_it(card: Card, outside: Outside) -> None:
    """The certificates may have been revoked: unknown is never read as good."""
    report = verify_document(sign_directly(card, outside), configured_trust())
    assert report.verdict is Verdict.NOT_TRUSTED
    assert report.signatures[0].whole


def self_made(card: Card) -> bytes:
    """A signature by a good card, made by other software, without a time stamp."""
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(der(card)[0]), cert_registry=SimpleCertificateStore(),
        signing_key=PrivateKeyInfo.load(card.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )),
    )  # fmt: skip
    metadata = signers.PdfSignatureMetadata(field_name="Other", signer_key_usage={"digital_signature"})
    output = BytesIO()
    signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(typeset(facts()).content)), metadata, signer, output=output)
    return output.getvalue()


def test_without_a_time_stamp_it_is_not_good(card: Card, outside: Outside) -> None:
    report = verify_document(self_made(card), configured_trust())
    assert report.verdict is Verdict.NOT_TRUSTED
    assert report.signatures[0].stamped_at is None


def test_without_any_time_it_is_not_even_whole(card: Card, outside: Outside, monkeypatch: Any) -> None:
    monkeypatch.setattr(EmbeddedPdfSignature, "self_reported_timestamp", None)
    assert verify_document(self_made(card), configured_trust()).verdict is Verdict.ALTERED


@pytest.mark.django_db
def test_a_file_that_does_not_exist_yet_is_missing() -> None:
    contract = draft()
    with pytest.raises(ContractMissing):
        document_of(contract, DocumentKind.SIGNED_BY_COMPANY)
    with pytest.raises(ContractMissing):
        latest_document("TC2600000029")
    with pytest.raises(ContractMissing), transaction.atomic():
        lock_contract_of("TC2600000029")


@pytest.mark.django_db
def test_names_for_people_who_read_logs(card: Card, outside: Outside) -> None:
    contract = draft()
    signed_by(card)
    assert str(contract) == ORDER
    assert str(contract.documents.get()) == f"{contract.pk} original"
    assert str(contract.signing_attempts.get()) == f"{contract.pk} company"


def test_only_rsa_signs_a_contract() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "x")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1), [])
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    with pytest.raises(SignatureNotByAnnounced):
        pades.check_raw_signature(certificate_der=certificate, raw_signature=b"x", signed_attributes=b"y")


def test_a_stamp_over_another_signature_is_not_embedded(card: Card) -> None:
    prepared = pades.prepare(
        document=typeset(facts()).content, certificate_der=der(card)[0], issuers_der=der(card)[1:], field="Company",
        reason="test", now=NOW,
    )  # fmt: skip
    raw = signing.pkcs1(card, prepared.signed_attributes)
    other = pades._Obtained(TimeStamp(b"", NOW, (), ()), b"another signature")
    with pytest.raises(ValueError, match="another signature"):
        pades._run(other.async_timestamp(sha256(raw).digest(), "sha256"))


def test_a_table_without_empty_months_has_no_last_row() -> None:
    """A refund table given without its end is printed as given."""
    short = facts().model_copy(update={"refunds": facts().refunds[:4]})
    assert typeset(short).pages >= 2


@pytest.mark.parametrize("step", range(0, 100, 4))
def test_no_single_bit_passes(good: bytes, step: int) -> None:
    """Anywhere in what was signed, outside the room of the signature itself."""
    end = good.find(b"/Contents <")
    assert verify_document(flipped(good, 10 + (end - 20) * step // 100), configured_trust()).verdict is not Verdict.GOOD


@contextmanager
def published(net: Outside) -> Iterator[str]:
    """The authority's answers on a real socket: poppler asks OCSP itself."""

    class Handler(BaseHTTPRequestHandler):
        def _say(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if method == "GET" and self.path.startswith("/ocsp"):
                self.send_error(405)
                return
            response = net.answer(httpx.Request(method, f"http://127.0.0.1{self.path}", content=body))
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        def do_POST(self) -> None:
            self._say("POST")

        def do_GET(self) -> None:
            self._say("GET")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sign_directly(card: Card, net: Outside) -> bytes:
    """A contract signed by a card of any authority, without the database."""
    ders = der(card)
    prepared = pades.prepare(
        document=typeset(facts()).content, certificate_der=ders[0], issuers_der=ders[1:], field="Company",
        reason="test", now=NOW,
    )  # fmt: skip
    raw = signing.pkcs1(card, prepared.signed_attributes)
    from asn1crypto import tsp

    from simulators.certificate_authority import timestamps

    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": sha256(raw).digest()}
    request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True}).dump()
    token = tsp.TimeStampResp.load(timestamps.stamp(net.authority, request, now=NOW))["time_stamp_token"].dump()
    stamp = TimeStamp(token, NOW, (), ())
    return pades.embed(prepared=prepared, certificate_der=ders[0], issuers_der=ders[1:], raw_signature=raw, stamp=stamp)


def pdfsig(folder: Path, content: bytes) -> str:
    (folder / "signed.pdf").write_bytes(content)
    command = ["pdfsig", "-nssdir", f"sql:{folder / 'nss'}", folder / "signed.pdf"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


@needs_poppler
@pytest.mark.slow
def test_popplers_pdfsig_agrees(outside: Outside, tmp_path: Path) -> None:
    """The reader many people have calls signature and certificate valid, and an altered file invalid.

    poppler 22 judges the certificate by NSS's last error code, which is only clean after an OCSP answer; so the
    authority answers on a real port here, as it does in the running demonstration.
    """
    with published(outside) as url:
        own = Authority.open(tmp_path / "ca", url)
        outside.authority = own
        content = sign_directly(own.card(COMPANY_UBN), outside)
        root = own.root.certificate.public_bytes(serialization.Encoding.DER)
        (tmp_path / "root.der").write_bytes(root)
        (tmp_path / "nss").mkdir()
        subprocess.run([sys.executable, "-m", "tests.nss", tmp_path / "nss", tmp_path / "root.der"], check=True)
        said = pdfsig(tmp_path, content)
        assert "Signature Validation: Signature is Valid." in said
        assert "Certificate Validation: Certificate is Trusted." in said
        assert "ETSI.CAdES.detached" in said
        assert "O=晨光烘焙有限公司" in said
        assert "Signature is Valid" not in pdfsig(tmp_path, flipped(content, 20_000))


@needs_openssl
@pytest.mark.slow
def test_openssl_agrees_over_the_byte_range(good: bytes, authority: Authority, tmp_path: Path) -> None:
    """`openssl cms -verify` over the signed bytes, with the pinned root."""
    reader = PdfFileReader(BytesIO(good))
    (signature,) = reader.embedded_regular_signatures
    start, first, second, length = (int(value) for value in signature.byte_range)
    covered = good[start : start + first] + good[second : second + length]
    (tmp_path / "covered").write_bytes(covered)
    (tmp_path / "altered").write_bytes(flipped(covered, 20_000))
    (tmp_path / "cms.der").write_bytes(bytes(signature.pkcs7_content))
    command = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "cms.der", "-purpose", "any",
        "-CAfile", authority.folder / "root.crt", "-out", "/dev/null", "-content",
    ]  # fmt: skip
    assert subprocess.run([*command, tmp_path / "covered"], check=False, capture_output=True).returncode == 0
    assert subprocess.run([*command, tmp_path / "altered"], check=False, capture_output=True).returncode != 0


