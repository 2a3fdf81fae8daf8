"""The virtual card reader and the demonstration's authority, checked by openssl, asn1crypto and pyHanko."""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from asn1crypto import cms, core, ocsp, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ocsp as x509_ocsp
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from starlette.types import ASGIApp

from simulators import people
from simulators.card_reader import bmp, codes
from simulators.card_reader.app import create_app as reader_app
from simulators.card_reader.state import Store
from simulators.certificate_authority import names
from simulators.certificate_authority.app import create_app as authority_app
from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority, CardSpec
from simulators.certificate_authority.profile import partition_of

BAKERY, REVOKED, OLD_SERIES = "12345675", "19872434", "24468011"
OWN_PIN = "28246281"
"""A card whose holder chose another PIN than the one cards come with."""
TBS = "tcloud-challenge join 晨光 +/=".encode()
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


class Client:
    """Speaks to an application in this process."""

    def __init__(self, app: ASGIApp) -> None:
        self.transport = httpx.ASGITransport(app)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self.transport, base_url="http://localhost:61161"
            ) as client:
                return await client.request(method, path, **more)

        return asyncio.run(go())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    wanted = {BAKERY, REVOKED, OLD_SERIES, OWN_PIN}
    holders = [person for person in people.EVERYBODY if person.ubn in wanted]
    return Authority.open(tmp_path_factory.mktemp("data") / "ca", holders=holders)


@pytest.fixture
def reader(authority: Authority, tmp_path: Path) -> Client:
    return Client(reader_app(authority, Store(tmp_path / "card_reader.json")))


@pytest.fixture
def ca(authority: Authority) -> Iterator[Client]:
    client = Client(authority_app(authority))
    yield client
    client.post("/control", json={"ocsp": "ok", "crl": "ok", "tsa": "ok"})


def package(**changes: Any) -> dict[str, Any]:
    usual = {
        "func": "MakeSignature", "signatureType": "PKCS7", "tbs": base64.b64encode(TBS).decode(),
        "tbsEncoding": "base64", "hashAlgorithm": "SHA256", "pin": "123456", "nonce": "abc123",
        "withCardSN": "true",
    }  # fmt: skip
    return usual | changes


def sign(
    reader: Client, *, escape: bool = True, caller: str = "http://localhost:8000", **changes: Any
) -> dict[str, Any]:
    """As the relay page does: the JSON goes into the form body as it is."""
    text = json.dumps(package(**changes))
    body = "tbsPackage=" + (text.replace("+", "%2B") if escape else text)
    answer = reader.post("/sign", content=body.encode(), headers={"x-caller": caller})
    return dict(json.loads(answer.text))


def result(answer: dict[str, Any]) -> tuple[int, int]:
    return answer["ret_code"] & 0xFFFFFFFF, answer["last_error"] & 0xFFFFFFFF


def openssl(folder: Path, *words: str) -> str:
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def chain_file(authority: Authority, folder: Path, issuer: IssuerKey = IssuerKey.MOEACA_G3) -> Path:
    path = folder / "chain.pem"
    path.write_bytes(b"".join(certificate.public_bytes(PEM) for certificate in authority.chain_of(issuer)))
    return path


# ---- the card's signature ----


def test_a_signature_has_the_form_of_the_real_component(reader: Client, authority: Authority) -> None:
    answer = sign(reader)
    assert result(answer) == (0, 0)
    assert answer["func"] == "sign"
    info = cms.ContentInfo.load(base64.b64decode(answer["signature"]), strict=True)
    signed = info["content"]
    assert signed["version"].native == "v1"
    assert signed["encap_content_info"]["content_type"].native == "data"
    assert signed["encap_content_info"]["content"].native == TBS
    assert len(signed["certificates"]) == len(signed["signer_infos"]) == 1
    signer = signed["signer_infos"][0]
    attributes = {attribute["type"].dotted: attribute["values"][0] for attribute in signer["signed_attrs"]}
    assert set(attributes) == {
        "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5",
        names.NONCE_ATTRIBUTE, names.CARD_NUMBER_ATTRIBUTE,
    }  # fmt: skip
    assert attributes["1.2.840.113549.1.9.4"].native == hashlib.sha256(TBS).digest()
    assert attributes[names.NONCE_ATTRIBUTE].native == b"abc123"
    assert attributes[names.CARD_NUMBER_ATTRIBUTE].native == answer["cardSN"] == "MT00120000004175"
    authority.card(BAKERY).certificate.public_key().verify(
        signer["signature"].native, signer["signed_attrs"].untag().dump(), padding.PKCS1v15(), hashes.SHA256()
    )


def test_openssl_verifies_a_signature(reader: Client, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "s.der").write_bytes(base64.b64decode(sign(reader)["signature"]))
    chain_file(authority, tmp_path)
    said = openssl(
        tmp_path, "cms", "-verify", "-in", "s.der", "-inform", "DER", "-binary", "-CAfile", "chain.pem",
        "-purpose", "any", "-out", "content",
    )  # fmt: skip
    assert "successful" in said
    assert (tmp_path / "content").read_bytes() == TBS


@pytest.mark.parametrize(
    ("ubn", "issuer"), [(BAKERY, IssuerKey.MOEACA_G3), (OLD_SERIES, IssuerKey.MOEACA_G2)]
)
def test_pyhanko_trusts_a_signature_with_revocation_enforced(
    reader: Client, ca: Client, authority: Authority, ubn: str, issuer: IssuerKey
) -> None:
    reader.post("/control", json={"card": ubn})
    info = cms.ContentInfo.load(base64.b64decode(sign(reader)["signature"]))
    card = authority.card(ubn).certificate
    part = partition_of(card.serial_number)
    lists = [ca.get(f"/crl/{issuer}-{part}.crl").content, ca.get("/crl/root-complete.crl").content]
    status = _validated(authority, info, [asn1_crl.CertificateList.load(der) for der in lists])
    assert status.intact
    assert status.valid
    assert status.trusted


def _validated(authority: Authority, info: cms.ContentInfo, lists: list[asn1_crl.CertificateList]) -> Any:
    def plain(certificate: x509.Certificate) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(certificate.public_bytes(DER))

    context = ValidationContext(
        trust_roots=[plain(authority.root.certificate)],
        # Both generations are offered: they share a name, so only the key identifier tells them apart.
        other_certs=[
            plain(authority.issuer(key).certificate) for key in (IssuerKey.MOEACA_G2, IssuerKey.MOEACA_G3)
        ],
        crls=lists,
        allow_fetching=False,
        revocation_mode="hard-fail",
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature"})
    return asyncio.run(
        async_validate_cms_signature(info["content"], validation_context=context, key_usage_settings=usage)
    )


def test_pkcs1_and_raw(reader: Client, authority: Authority) -> None:
    key = authority.card(BAKERY).certificate.public_key()
    bare = base64.b64decode(sign(reader, signatureType="PKCS1")["signature"])
    key.verify(bare, TBS, padding.PKCS1v15(), hashes.SHA256())
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(TBS).digest()
    tbs = base64.b64encode(digest_info).decode()
    assert base64.b64decode(sign(reader, signatureType="RAW", tbs=tbs)["signature"]) == bare
    assert result(sign(reader, signatureType="RAW"))[0] == codes.SIGNING_FAILED


def test_a_bare_plus_is_lost_as_in_the_real_component(reader: Client) -> None:
    content = b"\xfb\xef\xbe" * 3
    tbs = base64.b64encode(content).decode()
    assert "+" in tbs
    good = cms.ContentInfo.load(base64.b64decode(sign(reader, tbs=tbs)["signature"]))
    assert good["content"]["encap_content_info"]["content"].native == content
    bad = sign(reader, tbs=tbs, escape=False)
    assert (
        bad["ret_code"] == codes.BAD_BASE64
        or cms.ContentInfo.load(base64.b64decode(bad["signature"]))["content"]["encap_content_info"][
            "content"
        ].native
        != content
    )


# ---- PIN and troubles ----


def test_three_wrong_pins_lock_the_card_and_a_right_one_resets(reader: Client) -> None:
    assert result(sign(reader, pin="000000")) == (codes.LOGIN_FAILED, codes.TWO_TRIES_LEFT)
    assert sign(reader, pin="000000")["last_error"] == -2147483647
    assert result(sign(reader)) == (0, 0)
    for expected in (codes.TWO_TRIES_LEFT, codes.ONE_TRY_LEFT, codes.PIN_LOCKED):
        assert result(sign(reader, pin="000000")) == (codes.LOGIN_FAILED, expected)
    assert result(sign(reader)) == (codes.LOGIN_FAILED, codes.PIN_LOCKED)
    reader.post("/control", json={"unlock": True})
    assert result(sign(reader)) == (0, 0)


def test_scripts_learn_the_pin_of_every_card(reader: Client) -> None:
    told = reader.get("/control").json()
    assert sorted(told["pins"]) == told["cards"]
    for card, pin in told["pins"].items():
        holder = people.holder(card)
        assert holder is None or pin == holder.pin
    assert (told["pins"][BAKERY], told["pins"][OWN_PIN]) == ("123456", "654321")


def test_a_card_takes_its_own_pin_and_no_other(reader: Client) -> None:
    pins = reader.get("/control").json()["pins"]
    for card, another in ((OWN_PIN, BAKERY), (BAKERY, OWN_PIN)):
        reader.post("/control", json={"card": card})
        assert result(sign(reader, pin=pins[another])) == (codes.LOGIN_FAILED, codes.TWO_TRIES_LEFT)
        assert result(sign(reader, pin=pins[card])) == (0, 0)


def test_old_cards_do_not_tell_how_many_tries_are_left(reader: Client) -> None:
    reader.post("/control", json={"card": OLD_SERIES})
    assert result(sign(reader, pin="000000")) == (codes.LOGIN_FAILED, codes.PIN_INCORRECT)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pin": ""}, (codes.NO_PIN, 0)),
        ({"pin": "abcdef"}, (codes.BAD_PIN_FORMAT, 0)),
        ({"pin": "123"}, (codes.LOGIN_FAILED, codes.PIN_LENGTH)),
        ({"tbs": ""}, (codes.NO_TEXT_TO_SIGN, 0)),
        ({"tbs": "abc"}, (codes.BAD_BASE64, 0)),
        ({"hashAlgorithm": "SHA1"}, (codes.BAD_PARAMETER, 0)),
        ({"signatureType": "PKCS9"}, (codes.WRONG_TYPE, 0)),
        ({"func": "Nonsense"}, (codes.NO_SUCH_METHOD, 0)),
        ({"slotDescription": "no such reader"}, (codes.NO_READER, 0)),
    ],
)
def test_bad_packages(reader: Client, changes: dict[str, Any], expected: tuple[int, int]) -> None:
    assert result(sign(reader, **changes)) == expected


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("no_reader", (codes.NO_READER, 0)),
        ("no_card", (codes.NO_CARD, 0)),
        ("two_readers", (codes.NO_CARD, 0)),
        ("locked", (codes.LOGIN_FAILED, codes.PIN_LOCKED)),
        ("expired", (codes.EXPIRED, 0)),
        ("not_yet_valid", (codes.NOT_YET_VALID, 0)),
        ("encryption_only", (codes.NO_CERTIFICATE, 0)),
        ("cancelled", (codes.CANCELLED, 0)),
        ("timeout", (codes.TIMEOUT, 0)),
        ("untrusted_site", (codes.UNTRUSTED_SITE, 0)),
        ("revoked", (0, 0)),
        ("expired_unchecked", (0, 0)),
        ("forged", (0, 0)),
        ("secondary", (0, 0)),
        ("person", (0, 0)),
    ],
)
def test_troubles_answer_with_the_real_codes(reader: Client, trouble: str, expected: tuple[int, int]) -> None:
    reader.post("/control", json={"trouble": trouble})
    assert result(sign(reader)) == expected


def test_the_second_reader_can_be_named(reader: Client) -> None:
    reader.post("/control", json={"trouble": "two_readers"})
    slots = reader.get("/pkcs11info").json()["slots"]
    assert [slot["token"] is not None for slot in slots] == [False, True]
    assert result(sign(reader, slotDescription=slots[1]["slotDescription"])) == (0, 0)


def test_a_site_is_trusted_once_the_user_says_so(reader: Client) -> None:
    reader.post("/control", json={"trouble": "untrusted_site"})
    reader.post("/addDomain?domain=localhost")
    assert result(sign(reader)) == (0, 0)
    assert result(sign(reader, caller="http://evil.example"))[0] == codes.UNTRUSTED_SITE


def test_a_missing_component_answers_nothing_and_a_closed_window_no_result(reader: Client) -> None:
    reader.post("/control", json={"trouble": "component_missing"})
    for path in ("/popupForm", "/pkcs11info", "/p11Image.bmp"):
        assert reader.get(path).status_code == 404
    assert reader.get("/").status_code == 200
    reader.post("/control", json={"trouble": "user_closes"})
    assert reader.post("/sign", content=b"tbsPackage={}").status_code == 204


def test_another_sites_page_may_neither_sign_nor_change_cards(reader: Client) -> None:
    foreign = {"origin": "http://evil.example"}
    answer = reader.post("/sign", content=b"tbsPackage={}", headers=foreign)
    assert json.loads(answer.text)["ret_code"] == codes.FORBIDDEN_DOMAIN
    assert reader.post("/control", json={"trouble": "locked"}, headers=foreign).status_code == 403
    assert reader.get("/control").json()["trouble"] == "none"


# ---- what the reader tells without a PIN ----


def test_text_in_pixels_comes_back_whole() -> None:
    for length in (0, 1, 2, 3, 1000, bmp.CAPACITY):
        text = "x" * length
        image = bmp.encode(text)
        assert bmp.decode(image) == text
        assert len(image) == 54 + bmp.CAPACITY
    with pytest.raises(ValueError, match="fit"):
        bmp.encode("x" * (bmp.CAPACITY + 1))


def test_only_the_picture_may_be_read_by_other_origins(reader: Client) -> None:
    picture = reader.get("/p11Image.bmp")
    assert picture.headers["access-control-allow-origin"] == "*"
    facts = json.loads(bmp.decode(picture.content))
    assert facts["slots"][0]["token"]["serialNumber"] == "MT00120000004175"
    assert "certs" not in facts["slots"][0]["token"]
    for path in ("/popupForm", "/pkcs11info", "/selfTest.htm", "/waiting.gif", "/"):
        assert "access-control-allow-origin" not in reader.get(path).headers


def test_certificates_are_listed_by_use(reader: Client, authority: Authority) -> None:
    certs = reader.get("/pkcs11info?withcert=true").json()["slots"][0]["token"]["certs"]
    assert [row["usage"] for row in certs] == ["digitalSignature", "keyEncipherment|dataEncipherment"]
    assert base64.b64decode(certs[0]["certb64"]) == authority.card(BAKERY).certificate.public_bytes(DER)
    assert certs[0]["subjectID"] == BAKERY


# ---- the authority ----


def test_a_card_has_the_real_profile(authority: Authority) -> None:
    certificate = authority.card(BAKERY).certificate
    assert [attribute.oid._name for attribute in certificate.subject] == [
        "countryName",
        "organizationName",
        "serialNumber",
    ]
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.content_commitment
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    addresses = [point.full_name[0].value for point in points]  # type: ignore[index]
    part = partition_of(certificate.serial_number)
    assert [address.rsplit("-", 1)[1] for address in addresses] == [f"{part}.crl", "complete.crl"]
    extension = certificate.extensions.get_extension_for_oid(names.SUBJECT_DIRECTORY_ATTRIBUTES).value
    assert BAKERY.encode() in extension.public_bytes()
    assert certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=3600)


def test_two_generations_share_a_name_and_differ_by_key(authority: Authority) -> None:
    old, new = (authority.issuer(key).certificate for key in (IssuerKey.MOEACA_G2, IssuerKey.MOEACA_G3))
    assert old.subject == new.subject
    assert authority.card(OLD_SERIES).chain[0] == old
    authority.card(OLD_SERIES).certificate.verify_directly_issued_by(old)
    authority.card(BAKERY).certificate.verify_directly_issued_by(new)
    forged = authority.card("forged").certificate
    assert forged.issuer == new.subject
    with pytest.raises(InvalidSignature):
        forged.verify_directly_issued_by(new)


def test_the_folder_is_private_and_stays(authority: Authority) -> None:
    assert authority.folder.stat().st_mode & 0o777 == 0o700
    keys = list(authority.folder.rglob("*.key"))
    assert keys
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in keys)
    again = Authority.open(authority.folder, holders=[])
    assert again.card(BAKERY).certificate == authority.card(BAKERY).certificate


def test_a_moved_port_issues_anew_over_the_same_keys(tmp_path: Path) -> None:
    first = Authority.open(tmp_path / "ca", holders=people.COMPANIES[:1])
    extra = first.issue(CardSpec("24536806", "測試有限公司"))
    moved = Authority.open(tmp_path / "ca", "http://127.0.0.1:9999", holders=people.COMPANIES[:1])
    assert moved.root.certificate == first.root.certificate
    other = moved.card("24536806").certificate
    assert other.public_key() == extra.certificate.public_key()
    assert b"127.0.0.1:9999/ocsp" in other.public_bytes(DER)
    assert b"127.0.0.1:8010" not in other.public_bytes(DER)


def ask(ca: Client, authority: Authority, card_id: str, *, get: bool = False) -> x509_ocsp.OCSPResponse:
    card = authority.card(card_id)
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate(card.certificate, card.chain[0], hashes.SHA256())
    request = (
        builder.add_extension(x509.OCSPNonce(b"0123456789abcdef"), critical=False).build().public_bytes(DER)
    )
    if get:
        answer = ca.get("/ocsp/" + base64.b64encode(request).decode().replace("/", "%2F").replace("+", "%2B"))
    else:
        answer = ca.post("/ocsp", content=request, headers={"content-type": "application/ocsp-request"})
    return x509_ocsp.load_der_ocsp_response(answer.content)


@pytest.mark.parametrize("get", [False, True])
def test_ocsp_says_good_and_revoked_and_returns_the_nonce(
    ca: Client, authority: Authority, get: bool
) -> None:
    good = ask(ca, authority, BAKERY, get=get)
    assert good.certificate_status is x509_ocsp.OCSPCertStatus.GOOD
    assert good.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"
    responder = good.certificates[0]
    responder.verify_directly_issued_by(authority.issuer(IssuerKey.MOEACA_G3).certificate)
    responder.public_key().verify(
        good.signature, good.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256()
    )  # type: ignore[union-attr,call-arg,arg-type]
    bad = ask(ca, authority, REVOKED, get=get)
    assert bad.certificate_status is x509_ocsp.OCSPCertStatus.REVOKED
    assert bad.revocation_reason is x509.ReasonFlags.key_compromise


def test_openssl_accepts_the_ocsp_answer(ca: Client, authority: Authority, tmp_path: Path) -> None:
    chain_file(authority, tmp_path)
    (tmp_path / "issuer.crt").write_bytes(authority.issuer(IssuerKey.MOEACA_G3).certificate.public_bytes(PEM))
    card = authority.folder / "cards" / f"{BAKERY}.crt"
    question = ("ocsp", "-issuer", "issuer.crt", "-cert", str(card), "-no_nonce")
    openssl(tmp_path, *question, "-reqout", "request.der")
    (tmp_path / "answer.der").write_bytes(
        ca.post("/ocsp", content=(tmp_path / "request.der").read_bytes()).content
    )
    said = openssl(tmp_path, *question, "-respin", "answer.der", "-CAfile", "chain.pem")
    assert "Response verify OK" in said
    assert ": good" in said


def test_ocsp_can_lie_fail_and_be_asked_nonsense(ca: Client, authority: Authority) -> None:
    ca.post("/control", json={"ocsp": "wrong_signature"})
    answer = ask(ca, authority, BAKERY)
    with pytest.raises(InvalidSignature):
        answer.certificates[0].public_key().verify(  # type: ignore[union-attr,call-arg]
            answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256()  # type: ignore[arg-type]
        )  # fmt: skip
    ca.post("/control", json={"ocsp": "stale"})
    stale = ask(ca, authority, BAKERY)
    assert stale.next_update_utc is not None
    assert stale.next_update_utc < datetime.now(UTC)
    ca.post("/control", json={"ocsp": "ok"})
    nonsense = ocsp.OCSPResponse.load(ca.post("/ocsp", content=b"nonsense").content)
    assert nonsense["response_status"].native == "malformed_request"
    ca.post("/control", json={"ocsp": "down"})
    assert ca.post("/ocsp", content=b"x").status_code == 503


def test_revoking_shows_in_ocsp_and_in_both_lists(ca: Client, authority: Authority) -> None:
    serial = authority.card(BAKERY).certificate.serial_number
    ca.post("/control", json={"revoke": BAKERY})
    assert ask(ca, authority, BAKERY).certificate_status is x509_ocsp.OCSPCertStatus.REVOKED
    issuer = authority.issuer(IssuerKey.MOEACA_G3).certificate
    for part in ("complete", str(partition_of(serial))):
        found = x509.load_der_x509_crl(ca.get(f"/crl/moeaca-g3-{part}.crl").content)
        assert found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        assert found.get_revoked_certificate_by_serial_number(serial) is not None
    other = partition_of(serial + 1)
    found = x509.load_der_x509_crl(ca.get(f"/crl/moeaca-g3-{other}.crl").content)
    assert found.get_revoked_certificate_by_serial_number(serial) is None
    ca.post("/control", json={"unrevoke": BAKERY})
    assert ask(ca, authority, BAKERY).certificate_status is x509_ocsp.OCSPCertStatus.GOOD


def test_everything_follows_the_demonstration_clock(
    ca: Client, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "TCLOUD_DATA", str(tmp_path))
    (tmp_path / "clock").write_text(str(86_400 * 400))
    future = datetime.now(UTC) + timedelta(days=399)
    assert ask(ca, authority, BAKERY).this_update_utc > future
    found = x509.load_der_x509_crl(ca.get("/crl/moeaca-g3-complete.crl").content)
    assert found.last_update_utc > future


def time_stamp(ca: Client, digest: bytes) -> tsp.TimeStampResp:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    query = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": 77, "cert_req": True})
    headers = {"content-type": "application/timestamp-query"}
    return tsp.TimeStampResp.load(ca.post("/tsa", content=query.dump(), headers=headers).content)


def test_a_time_stamp_names_digest_nonce_and_time(ca: Client) -> None:
    digest = hashlib.sha256(b"contract").digest()
    token = time_stamp(ca, digest)["time_stamp_token"]["content"]
    statement = token["encap_content_info"]["content"].parsed
    assert statement["message_imprint"]["hashed_message"].native == digest
    assert statement["nonce"].native == 77
    assert abs(statement["gen_time"].native - datetime.now(UTC)) < timedelta(seconds=10)
    purposes = token["certificates"][0].chosen.extended_key_usage_value
    assert purposes.native == ["time_stamping"]


def test_openssl_verifies_a_time_stamp_and_finds_the_lie(
    ca: Client, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "root.crt").write_bytes(authority.root.certificate.public_bytes(PEM))
    (tmp_path / "data").write_bytes(b"contract")
    openssl(tmp_path, "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q")
    for behaviour, expected in (("ok", "Verification: OK"), ("wrong_signature", "Verification: FAILED")):
        ca.post("/control", json={"tsa": behaviour})
        (tmp_path / "r").write_bytes(ca.post("/tsa", content=(tmp_path / "q").read_bytes()).content)
        assert expected in openssl(
            tmp_path, "ts", "-verify", "-in", "r", "-queryfile", "q", "-CAfile", "root.crt"
        )


def test_a_time_stamp_over_a_weak_digest_is_refused(ca: Client) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}
    query = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}).dump()
    answer = core.Sequence.load(ca.post("/tsa", content=query).content)
    status = tsp.PKIStatusInfo.load(answer[0].dump())
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {"bad_alg"}


def test_the_authoritys_files_and_page(ca: Client, authority: Authority) -> None:
    assert ca.get("/root.crt").content == authority.root.certificate.public_bytes(DER)
    for name in ("moeaca-g2", "moeaca-g3", "moica", "tsa"):
        assert ca.get(f"/ca/{name}.crt").headers["content-type"] == "application/pkix-cert"
    assert ca.get("/ca/../secret.crt").status_code == 404
    assert "晨光烘焙有限公司" in ca.get("/").text
    assert ca.get("/healthz").status_code == 200
