"""The way of a contract, cut so that nothing slow and nothing remote happens inside a transaction.

1. The order is checked:
       typeset = typeset_contract(facts)                           CPU, no database
       draft_contract(facts=facts, typeset=typeset, now=now)       @operation, in orders' use case
   `facts` are built before the transaction; inside it, after locking, orders builds them again and compares.
2. The page before the first click:
       challenge = issue_challenge(purpose=Purpose.SIGN_CONTRACT, subject=order_number,
                                   statement=signing_statement(order_number), session_key=…, machine_now=…)
   First click (signatureType PKCS7 over challenge.content, nonce=challenge.nonce):
       proof = prove_card(nonce=…, signature=…, purpose=Purpose.SIGN_CONTRACT, subject=order_number,
                          expected_ubn=company.ubn, session_key=…, now=…, machine_now=…)
       announced = announce_certificate(order_number=…, proof=proof, session_key=…, now=…, machine_now=…)
   The page now gets announced.key and announced.to_sign (base64).
3. Second click (signatureType PKCS1, hashAlgorithm SHA256, tbs = base64 of to_sign, tbsEncoding base64):
       signed = complete_signature(key=…, raw_signature=…, session_key=…, now=…, machine_now=…)   time stamp inside
       store_signature(signed=signed, now=now)                     @operation, in orders' signing use case
   When the time stamp fails (TimeStampUnavailable) the signature is kept: call complete_signature again with
   raw_signature=None.
4. Back to the amounts, or withdrawn unsigned: discard_draft(order_number=…)          @operation
"""

from dataclasses import dataclass
from datetime import datetime

from tcloud.contracts.models import Contract
from tcloud.contracts.rules import ContractFacts
from tcloud.contracts.typesetting import Typeset
from tcloud.core.transactions import operation
from tcloud.identity.services import CardProof


@dataclass(frozen=True, slots=True)
class Announced:
    """What the second click signs."""

    key: str
    to_sign: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedContract:
    """A finished signed file, not yet stored."""

    attempt_key: str
    order_number: str
    content: bytes
    signed_at: datetime


def typeset_contract(facts: ContractFacts) -> Typeset:
    """The contract as PDF; the same facts give the same bytes."""
    raise NotImplementedError


@operation
def draft_contract(*, facts: ContractFacts, typeset: Typeset, now: datetime) -> Contract:
    """Store a contract to be signed; the order has no other living one."""
    raise NotImplementedError


def signing_statement(order_number: str) -> dict[str, str]:
    """What the signing challenge of an order's living contract says; raises ContractMissing."""
    raise NotImplementedError


def announce_certificate(
    *, order_number: str, proof: CardProof, session_key: str, now: datetime, machine_now: datetime
) -> Announced:
    """Make room in the document for the announced certificate's signature and say what the card has to sign."""
    raise NotImplementedError


def complete_signature(
    *, key: str, raw_signature: bytes | None, session_key: str, now: datetime, machine_now: datetime
) -> SignedContract:
    """Check the card's signature, embed it, add the time stamp and the revocation data."""
    raise NotImplementedError


@operation
def store_signature(*, signed: SignedContract, now: datetime) -> Contract:
    """Store the signed file beside the original; the contract is signed by the company."""
    raise NotImplementedError


@operation
def discard_draft(*, order_number: str) -> None:
    """Drop the unsigned contract of an order that goes back to its amounts; does nothing where there is none."""
    raise NotImplementedError
