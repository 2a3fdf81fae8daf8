"""Why a signature is not taken."""

from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused


class AttemptGone(Refused):
    """The second click came too late, from another session, or after the contract had changed."""

    code = "signing_attempt_gone"
    message = _("這次簽署已經過期或中斷，契約還沒有簽署。請從第一次插卡重新開始。")


class AlreadySigned(Refused):
    """Already signed, by another tab or another person."""

    code = "contract_already_signed"
    message = _("這份契約已經簽署過了，不能再簽一次。請打開訂單，看目前的狀態。")
