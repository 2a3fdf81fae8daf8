"""The authority told to fail, to lag and to lie, over real sockets, and what our side makes of it.

The switches are the ones people press on its page. `test_hostile_answers.py` bends single answers further.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from simulators import people
from simulators.card_reader import signing
from simulators.certificate_authority.app import create_app
from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority, CardSpec
from tcloud.adapters.company_certificate.verifier import CardVerifier
from tcloud.adapters.timestamp.client import Rfc3161TimeStamper
from tcloud.contracts.time_stamper import TimeStampUnavailable
from tcloud.identity.company_certificate import (
    CardIdentity,
    CertificateNotTrusted,
    CertificateRevoked,
    RevocationUnknown,
)

BAKERY, OLD_SERIES = "12345675", "24468011"
BAD = ("down", "slow", "stale", "wrong_signature")
NONCE, CONTENT = "5e" * 32, b"tcloud-challenge join\n"
PATIENCE = httpx.Timeout(0.4, connect=0.4)
DIGEST = sha256(b"a contract's signature").digest()


@dataclass(frozen=True)
class Told:
    """A running authority and its switches."""

    authority: Authority

    def switch(self, **services: str) -> None:
        with httpx.Client(trust_env=False) as client:
            answer = client.post(f"{self.authority.base_url}/control", json=services)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Port first: the addresses of OCSP and lists stand inside the certificates."""
    listener = socket.create_server(("127.0.0.1", 0))
    holders = [person for person in people.EVERYBODY if person.ubn in (BAKERY, OLD_SERIES)]
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    authority = Authority.open(tmp_path_factory.mktemp("data") / "ca", url, holders=holders)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TCLOUD_CA_SLOW_SECONDS", "2")
        server = uvicorn.Server(uvicorn.Config(create_app(authority), log_level="error", lifespan="off"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        yield Told(authority)
        server.should_exit = True
        thread.join()


@pytest.fixture
def told(running: Told, settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    folder: Path = running.authority.folder
    values = {
        "TRUST_ROOTS": [str(folder / "root.crt")], "TSA_ROOTS": [str(folder / "root.crt")],
        "TRUST_INTERMEDIATES": [str(folder / f"moeaca-{name}.crt") for name in ("g2", "g3")],
        "REVOCATION_HOSTS": [running.authority.base_url.removeprefix("http://")], "TSA_URL": f"{running.authority.base_url}/tsa",
    }  # fmt: skip
    for name, value in values.items():
        setattr(settings, name, value)
    monkeypatch.setattr("tcloud.adapters.pki.fetch.TIMEOUT", PATIENCE)
    monkeypatch.setattr("tcloud.adapters.timestamp.client.TIMEOUT", PATIENCE)
    yield running
    running.switch(ocsp="ok", crl="ok", tsa="ok")
    running.switch(unrevoke=BAKERY)


def verify(authority: Authority, card_id: str = BAKERY) -> CardIdentity:
    now = datetime.now(UTC)
    signature = signing.pkcs7(authority.card(card_id), CONTENT, now=now, extras=signing.Extras(nonce=NONCE))
    return CardVerifier().verify_challenge(signature=signature, expected=CONTENT, nonce=NONCE, now=now)


def sources(identity: CardIdentity) -> list[str]:
    """Who vouched for the card; its authority has no OCSP of its own and always stands on the root's list."""
    return [answer.source for answer in identity.revocation]


# OCSP and lists -----------------------------------------------------------------------------------------------------


def test_all_is_well(told: Told) -> None:
    assert sources(verify(told.authority)) == ["ocsp", "crl"]


@pytest.mark.parametrize("ocsp", BAD)
def test_the_list_stands_in_for_ocsp_whatever_ails_it(told: Told, ocsp: str) -> None:
    told.switch(ocsp=ocsp)
    assert sources(verify(told.authority)) == ["crl", "crl"]


@pytest.mark.parametrize("ocsp", BAD)
def test_a_revoked_card_is_found_in_the_list_whatever_ails_ocsp(told: Told, ocsp: str) -> None:
    told.switch(ocsp=ocsp, revoke=BAKERY)
    with pytest.raises(CertificateRevoked):
        verify(told.authority)


@pytest.mark.parametrize("crl", BAD)
@pytest.mark.parametrize("ocsp", ["ok", *BAD])
def test_without_a_believable_word_nothing_is_read_as_good(told: Told, ocsp: str, crl: str) -> None:
    """The authority itself is vouched for by the root's list alone, so without lists even a good OCSP is too little."""
    told.switch(ocsp=ocsp, crl=crl)
    start = time.monotonic()
    with pytest.raises(RevocationUnknown):
        verify(told.authority)
    assert time.monotonic() - start < 8  # an answer that hangs holds nobody for ever


@pytest.mark.parametrize("crl", BAD)
def test_a_revoked_card_is_refused_by_ocsp_without_the_list(told: Told, crl: str) -> None:
    told.switch(crl=crl, revoke=BAKERY)
    with pytest.raises(CertificateRevoked):
        verify(told.authority)


def test_the_switch_is_taken_back(told: Told) -> None:
    told.switch(ocsp="down", crl="down")
    with pytest.raises(RevocationUnknown):
        verify(told.authority)
    told.switch(ocsp="ok", crl="ok")
    assert sources(verify(told.authority)) == ["ocsp", "crl"]


# Time stamps --------------------------------------------------------------------------------------------------------


def test_a_time_stamp(told: Told) -> None:
    stamp = Rfc3161TimeStamper().stamp(digest=DIGEST, now=datetime.now(UTC))
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("tsa", BAD)
def test_no_time_stamp_rather_than_a_doubtful_one(told: Told, tsa: str) -> None:
    told.switch(tsa=tsa)
    with pytest.raises(TimeStampUnavailable):
        Rfc3161TimeStamper().stamp(digest=DIGEST, now=datetime.now(UTC))


@pytest.mark.parametrize("crl", BAD)
def test_no_time_stamp_by_a_service_nobody_can_vouch_for(told: Told, crl: str) -> None:
    told.switch(crl=crl, ocsp="down")
    with pytest.raises(TimeStampUnavailable):
        Rfc3161TimeStamper().stamp(digest=DIGEST, now=datetime.now(UTC))


# Two generations of one name ----------------------------------------------------------------------------------------


def test_each_generation_is_believed_for_its_own_cards_only(told: Told, settings: object) -> None:
    """Same name, other key: the chain goes by key identifier and signature, never by name alone."""
    authority = told.authority
    chains = {card_id: verify(authority, card_id).chain_der[0] for card_id in (BAKERY, OLD_SERIES)}
    old, new = (authority.issuer(key).certificate for key in (IssuerKey.MOEACA_G2, IssuerKey.MOEACA_G3))
    assert old.subject == new.subject
    assert chains == {BAKERY: new.public_bytes(Encoding.DER), OLD_SERIES: old.public_bytes(Encoding.DER)}
    for card_id, other in ((BAKERY, "g2"), (OLD_SERIES, "g3")):
        settings.TRUST_INTERMEDIATES = [str(authority.folder / f"moeaca-{other}.crt")]  # type: ignore[attr-defined]
        with pytest.raises(CertificateNotTrusted):
            verify(authority, card_id)


def test_a_generations_ocsp_and_list_speak_for_its_own_cards_only(told: Told) -> None:
    """A card with the same serial number as one the other generation revoked is another card."""
    authority = told.authority
    old = authority.card(OLD_SERIES).certificate
    authority.revoke(old.serial_number, at=datetime.now(UTC) - timedelta(hours=1))
    try:
        with pytest.raises(CertificateRevoked):
            verify(authority, OLD_SERIES)
        with httpx.Client(trust_env=False) as client:
            lists = {
                key: x509.load_der_x509_crl(client.get(f"{authority.base_url}/crl/{key}-complete.crl").content)
                for key in (IssuerKey.MOEACA_G2, IssuerKey.MOEACA_G3)
            }
        assert lists[IssuerKey.MOEACA_G2].get_revoked_certificate_by_serial_number(old.serial_number) is not None
        assert lists[IssuerKey.MOEACA_G3].get_revoked_certificate_by_serial_number(old.serial_number) is None
        assert sources(verify(authority, BAKERY)) == ["ocsp", "crl"]
    finally:
        authority.unrevoke(old.serial_number)


def test_a_forged_generation_with_the_very_name_is_nobody(told: Told) -> None:
    spec = CardSpec(BAKERY, "晨光烘焙有限公司", card_id="forged-generation", issuer=IssuerKey.FORGED)
    card = told.authority.issue(spec, now=datetime.now(UTC))
    assert card.certificate.issuer == told.authority.issuer(IssuerKey.MOEACA_G3).certificate.subject
    with pytest.raises(CertificateNotTrusted):
        verify(told.authority, "forged-generation")
