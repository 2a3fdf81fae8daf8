"""Signing in with the company's card. The card proves the company, not the person who holds it.

So the 正卡 opens one account only, that of the company's owner (whoever joined with the card), and nobody acts under
a colleague's name. A 附卡 opens none: its holder may be anybody the company gave it to.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import Refused
from tcloud.core.transactions import use_case
from tcloud.identity.company_certificate import CardRank
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.rules import Purpose
from tcloud.identity.services import ANY_COMPANY, CardProof, prove_card
from tcloud.members.models import Membership


class CompanyNotJoined(Refused):
    """A good card of a company without an account; only the card's holder learns this."""

    code = "company_not_joined"
    message = _("卡片沒問題，但貴公司還沒有帳號。請按「我要申請」，用同一張卡片開始，約 15 分鐘。")


class SecondaryCard(Refused):
    """附卡: good for signing, not for opening the owner's account."""

    code = "secondary_card"
    message = _("這是附卡，不能用來登入負責帳號，因為附卡可能由不同的人使用。請改插正卡，或用您自己的 E-mail 和密碼登入。")


class AccountClosed(Refused):
    """The owner's account is shut."""

    code = "account_closed"
    message = _("貴公司的負責帳號已停用，所以不能登入。請打客服電話，確認公司身分後由我們協助恢復。")


def sign_in_by_card(
    *, nonce: str, signature: bytes, session_key: str, now: datetime, machine_now: datetime
) -> Membership:
    """Whose account the card opens; the session itself is the caller's to open.

    Raises every CardRefused, CompanyNotJoined, SecondaryCard, AccountClosed. Until the card is proven every answer is
    the same for every company.
    """
    proof = prove_card(
        nonce=nonce, signature=signature, purpose=Purpose.SIGN_IN, subject=ANY_COMPANY, session_key=session_key,
        statement={}, now=now, machine_now=machine_now,
    )  # fmt: skip
    return _admit(proof=proof, now=now)


@use_case
def _admit(*, proof: CardProof, now: datetime) -> Membership:
    identity = proof.identity
    if identity.rank is not CardRank.PRIMARY:
        raise SecondaryCard
    owned = Membership.objects.select_related("user", "company").filter(role=Role.COMPANY_OWNER)
    membership = owned.filter(company__ubn=identity.ubn).first()
    if membership is None:
        raise CompanyNotJoined
    user: User = membership.user
    if not user.is_active:
        raise AccountClosed
    record(
        tag="members:session:opened-by-card", actor=user.actor, subject=identity.ubn, now=now,
        details={"card_signature": proof.card_signature_id, "certificate": identity.fingerprint},
    )  # fmt: skip
    return membership
