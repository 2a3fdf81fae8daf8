"""R10: replayed and altered answers to challenges, none of them accepted, whatever they were for.

A hundred in `make test`, always the same ones; a thousand fresh ones in `make prove`. TCLOUD_SEED names another run;
the seed is printed with what went wrong.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from simulators.card_reader import signing
from simulators.certificate_authority.pki import Authority, Card
from tcloud.identity.company_certificate import CardRefused
from tcloud.identity.models import CardSignature
from tcloud.identity.rules import Purpose
from tcloud.identity.services import IssuedChallenge, issue_challenge, prove_card
from tests.authority import COMPANY_UBN, NOW, Outside, authority, outside

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
PROVE = bool(os.environ.get("TCLOUD_PROVE"))
ANSWERS = 1_000 if PROVE else 100
SEED = int(os.environ.get("TCLOUD_SEED") or (random.SystemRandom().randrange(10**9) if PROVE else 10))
SESSION, OTHER_UBN = "a session's secret", "24468011"
STATEMENT = {"document-sha256": "ab" * 32, "price-twd": "60000", "points": "30000", "self-pay-twd": "30000", "payee-ubn": "24549210"}
USUAL: dict[Purpose, tuple[str, dict[str, str]]] = {
    Purpose.JOIN: ("7", {}), Purpose.SIGN_IN: ("any company", {}), Purpose.SIGN_CONTRACT: ("TC2600000011", STATEMENT),
    Purpose.COUNTERSIGN_CONTRACT: ("TC2600000011", STATEMENT),
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What is posted, and the page it is posted to."""

    purpose: Purpose
    issued: IssuedChallenge
    signature: bytes

    def post(self, **changes: Any) -> None:
        subject, statement = USUAL[self.purpose]
        values: dict[str, Any] = {
            "nonce": self.issued.nonce, "signature": self.signature, "purpose": self.purpose, "subject": subject,
            "session_key": SESSION, "statement": statement, "now": NOW, "machine_now": NOW, "expected_ubn": COMPANY_UBN,
        }  # fmt: skip
        prove_card(**(values | changes))


def ask(purpose: Purpose) -> IssuedChallenge:
    subject, statement = USUAL[purpose]
    return issue_challenge(purpose=purpose, subject=subject, session_key=SESSION, statement=statement, machine_now=NOW)


def sign(card: Card, issued: IssuedChallenge, content: bytes | None = None, nonce: str | None = None) -> bytes:
    return signing.pkcs7(card, content or issued.content, now=NOW, extras=signing.Extras(nonce=nonce or issued.nonce))


class Attacker:
    """Has seen good answers of every purpose, and may have the card sign anything but what is asked right now."""

    def __init__(self, authority: Authority, dice: random.Random) -> None:
        self.card, self.other = authority.card(COMPANY_UBN), authority.card(OTHER_UBN)
        self.dice = dice
        self.seen = [self._good(purpose) for purpose in USUAL for _ in range(3)]
        for answer in self.seen:
            answer.post()

    def _good(self, purpose: Purpose) -> Answer:
        issued = ask(purpose)
        return Answer(purpose, issued, sign(self.card, issued))

    def _fresh(self) -> Answer:
        return self._good(self.dice.choice(list(USUAL)))

    def the_same_again(self) -> None:
        self.dice.choice(self.seen).post()

    def an_old_answer_to_a_new_challenge(self) -> None:
        old = self.dice.choice(self.seen)
        Answer(old.purpose, ask(old.purpose), old.signature).post()

    def an_answer_to_another_challenge(self) -> None:
        one, two = self.dice.sample(self.seen, 2)
        Answer(one.purpose, one.issued, two.signature).post()

    def for_another_purpose(self) -> None:
        answer = self._fresh()
        purpose = self.dice.choice([purpose for purpose in USUAL if purpose is not answer.purpose])
        Answer(purpose, answer.issued, answer.signature).post()

    def from_another_session(self) -> None:
        self._fresh().post(session_key=f"session {self.dice.random()}")

    def for_another_subject(self) -> None:
        self._fresh().post(subject=f"TC26{self.dice.randrange(10**8):08d}")

    def over_other_facts(self) -> None:
        answer = self._fresh()
        name = self.dice.choice(list(STATEMENT))
        answer.post(statement=USUAL[answer.purpose][1] | {name: str(self.dice.randrange(10**6))})

    def too_late_or_too_early(self) -> None:
        late = timedelta(seconds=300 + self.dice.randrange(10**6))
        self._fresh().post(machine_now=self.dice.choice([NOW + late, NOW - timedelta(seconds=1) - late]))

    def one_bit_of_the_signature(self) -> None:
        """Anywhere in what the signature covers or in the signature itself, which stand at the end."""
        answer = self._fresh()
        changed = bytearray(answer.signature)
        changed[-1 - self.dice.randrange(450)] ^= 1 << self.dice.randrange(8)
        Answer(answer.purpose, answer.issued, bytes(changed)).post()

    def one_bit_of_the_text(self) -> None:
        """The card itself signs a text that differs in one bit."""
        answer = self._fresh()
        text = bytearray(answer.issued.content)
        text[self.dice.randrange(len(text))] ^= 1 << self.dice.randrange(8)
        Answer(answer.purpose, answer.issued, sign(self.card, answer.issued, bytes(text))).post()

    def another_nonce_signed_along(self) -> None:
        answer = self._fresh()
        nonce = f"{self.dice.getrandbits(256):064x}"
        Answer(answer.purpose, answer.issued, sign(self.card, answer.issued, nonce=nonce)).post()

    def a_made_up_nonce(self) -> None:
        self._fresh().post(nonce=f"{self.dice.getrandbits(256):064x}")

    def another_companys_card(self) -> None:
        answer = self._fresh()
        Answer(answer.purpose, answer.issued, sign(self.other, answer.issued)).post()

    def noise(self) -> None:
        answer = self._fresh()
        Answer(answer.purpose, answer.issued, self.dice.randbytes(self.dice.randrange(1, 2_000))).post()

    def ways(self) -> list[Callable[[], None]]:
        return [
            self.the_same_again, self.an_old_answer_to_a_new_challenge, self.an_answer_to_another_challenge,
            self.for_another_purpose, self.from_another_session, self.for_another_subject, self.over_other_facts,
            self.too_late_or_too_early, self.one_bit_of_the_signature, self.one_bit_of_the_text,
            self.another_nonce_signed_along, self.a_made_up_nonce, self.another_companys_card, self.noise,
        ]  # fmt: skip


def test_none_of_many_replayed_and_altered_answers_is_accepted(authority: Authority, outside: Outside) -> None:
    attacker = Attacker(authority, random.Random(SEED))  # repeatable, and guards nothing
    good = CardSignature.objects.count()
    assert good == 3 * len(USUAL)
    accepted = []
    ways = attacker.ways()
    for turn in range(ANSWERS):
        way = ways[turn % len(ways)]
        try:
            way()
        except CardRefused:
            continue
        accepted.append(f"{turn} {way.__name__}")
    assert accepted == [], f"seed {SEED}"
    assert CardSignature.objects.count() == good
