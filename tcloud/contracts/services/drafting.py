"""A contract before anybody has signed it."""

from datetime import datetime

from tcloud.contracts.models import Contract, ContractDocument
from tcloud.contracts.queries import contract_of, fingerprint_of
from tcloud.contracts.rules import ContractFacts, fingerprint, statement_of
from tcloud.contracts.states import TURNS, ContractState, DocumentKind, Party
from tcloud.contracts.typesetting import Typeset, typeset
from tcloud.core.transactions import operation


def typeset_contract(facts: ContractFacts) -> Typeset:
    """The contract as PDF; the same facts give the same bytes."""
    return typeset(facts)


@operation
def draft_contract(*, facts: ContractFacts, typeset: Typeset, now: datetime) -> Contract:
    """Store a contract to be signed; the order has no other living one."""
    contract = Contract.objects.create(
        order_number=facts.order_number, company_ubn=facts.buyer.ubn, vendor_ubn=facts.seller.ubn,
        template_version=facts.template_version, facts=facts.model_dump(mode="json"),
        original_sha256=typeset.sha256, pages=typeset.pages, drafted_at=now,
    )  # fmt: skip
    ContractDocument.objects.create(
        contract=contract, kind=DocumentKind.ORIGINAL, sha256=fingerprint(typeset.content), content=typeset.content,
        stored_at=now,
    )  # fmt: skip
    return contract


def signing_statement(order_number: str, party: Party = Party.COMPANY) -> dict[str, str]:
    """What a party's signing challenge says of an order's living contract; raises ContractMissing.

    The hash is that of the file the party signs: the vendor's names the one with the company's signature.
    """
    return statement_for(contract_of(order_number), party)


def statement_for(contract: Contract, party: Party) -> dict[str, str]:
    """The same of one contract, living or not."""
    signs = fingerprint_of(contract, TURNS[party].signs)
    return statement_of(ContractFacts.model_validate(contract.facts), signs)


@operation
def discard_draft(*, order_number: str) -> None:
    """Drop the unsigned contract of an order that goes back to its amounts; without one, nothing happens."""
    Contract.objects.filter(order_number=order_number, state=ContractState.DRAFTED).update(
        state=ContractState.DISCARDED
    )
