"""Signing a contract with a card in two clicks, for whoever's turn it is: the company, or the vendor that accepts.

The session remembers the attempt between the clicks; what a click does is the caller's.
"""

from base64 import b64encode
from collections.abc import Callable

from tcloud.contracts.queries import has_kept_signature
from tcloud.contracts.services import Announced, AttemptGone
from tcloud.core.errors import Refused
from tcloud.core.time import machine_now
from tcloud.identity.services import IssuedChallenge
from tcloud.web.access import PageRequest
from tcloud.web.card_page import card_answer

ATTEMPT = "signing"


def take_click(
    request: PageRequest, number: str, *, announce: Callable[[bytes], Announced],
    sign: Callable[[str, bytes | None], object],
) -> tuple[bool, Refused | None]:  # fmt: skip
    """Take what the card signed: the challenge at the first click, the contract at the second.

    Returns whether the contract is signed now, and why the click was refused if it was.
    """
    key = request.POST.get("attempt", "")
    try:
        if key:
            sign(key, card_answer(request) or None)
        else:
            announced = announce(card_answer(request))
    except AttemptGone as gone:
        request.session.pop(ATTEMPT, None)  # begin with the first click again
        return False, gone
    except Refused as refused:
        return False, refused
    if key:
        request.session.pop(ATTEMPT, None)
        return True, None
    request.session[ATTEMPT] = {
        "number": number, "key": announced.key, "to_sign": b64encode(announced.to_sign).decode(),
        "expires_at": announced.expires_at.isoformat(),
    }  # fmt: skip
    return False, None


def card_step(request: PageRequest, number: str, challenge: Callable[[], IssuedChallenge]) -> dict[str, object]:
    """What the card has to sign next on this page; a fresh challenge is made for a first click only."""
    attempt: dict[str, str] = request.session.get(ATTEMPT) or {}
    own = attempt.get("number") == number
    if own and has_kept_signature(attempt["key"]):
        return {"step": 3, "attempt": attempt["key"]}  # signed already; only the time stamp is missing
    if own and attempt["expires_at"] > machine_now().isoformat():
        return {"step": 2, "attempt": attempt["key"], "tbs": attempt["to_sign"], "sign_type": "PKCS1", "nonce": ""}
    issued = challenge()
    tbs = b64encode(issued.content).decode()
    return {"step": 1, "attempt": "", "tbs": tbs, "sign_type": "PKCS7", "nonce": issued.nonce}
