"""The way of a contract, cut so that nothing slow and nothing remote happens inside a transaction.

1. The order is checked:
       typeset = typeset_contract(facts)                           CPU, no database
       draft_contract(facts=facts, typeset=typeset, now=now)       @operation, in orders' use case
   `facts` are built before the transaction; inside it, after locking, orders builds them again and compares.
2. The page before the first click, for the company and, once it has signed, for a vendor with its own card:
       challenge = issue_challenge(purpose=Purpose.SIGN_CONTRACT, subject=order_number,
                                   statement=signing_statement(order_number, party), session_key=…, machine_now=…)
   (a vendor's purpose is COUNTERSIGN_CONTRACT). First click (signatureType PKCS7 over challenge.content, nonce=challenge.nonce):
       proof = prove_card(nonce=…, signature=…, purpose=Purpose.SIGN_CONTRACT, subject=order_number,
                          expected_ubn=…, session_key=…, statement=signing_statement(order_number, party), now=…, machine_now=…)
       announced = announce_certificate(order_number=…, party=…, proof=proof, session_key=…, now=…, machine_now=…)
   The page now gets announced.key and announced.to_sign (base64).
3. Second click (signatureType PKCS1, hashAlgorithm SHA256, tbs = base64 of to_sign, tbsEncoding base64):
       signed = complete_signature(order_number=…, party=…, key=…, raw_signature=…, session_key=…, now=…,
                                   machine_now=…)
                                                                   the time stamp is fetched here
       store_signature(order_number=…, party=…, signed=signed, now=now)
                                                                   @operation, in orders' use case
   When the time stamp fails (TimeStampUnavailable) the signature is kept: call complete_signature again with
   raw_signature=None.
4. A vendor whose certificate the platform keeps needs no card:
       signed = seal_contract(order_number=…, now=…)
       store_signature(order_number=…, party=Party.VENDOR, signed=signed, now=now)
5. Back to the amounts, or withdrawn unsigned: discard_draft(order_number=…)          @operation
6. Both have signed: archive_contract(order_number=…, now=…) adds a time stamp over everything, and again before
   the last one's certificate ends. A job does it.
"""

from tcloud.contracts.services.archiving import archive_contract
from tcloud.contracts.services.checking import check_document
from tcloud.contracts.services.drafting import discard_draft, draft_contract, signing_statement, typeset_contract
from tcloud.contracts.services.refusals import AlreadySigned, AttemptGone
from tcloud.contracts.services.sealing import seal_contract
from tcloud.contracts.services.signing import (
    Announced,
    announce_certificate,
    complete_signature,
)
from tcloud.contracts.services.storing import SignedContract, store_signature

__all__ = [
    "AlreadySigned",
    "Announced",
    "AttemptGone",
    "SignedContract",
    "announce_certificate",
    "archive_contract",
    "check_document",
    "complete_signature",
    "discard_draft",
    "draft_contract",
    "seal_contract",
    "signing_statement",
    "store_signature",
    "typeset_contract",
]
