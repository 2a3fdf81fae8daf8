"""The one catalogue of messages: what each says, in Chinese with its English translation beside it (locale/en).

Every message has the same order: headline, what happened, the facts, what to do next, one button, the rule.
Subjects hold no personal data. Placeholders are filled from the context; names ending in `_until` are limits, and
whole numbers get their separators.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MessageName(StrEnum):
    """Every message of the programme."""

    EMAIL_CODE = "email_code"
    CARD_LINK = "card_link"
    RESET_LINK = "reset_link"
    RESET_DONE = "reset_done"
    APPLICATION_APPROVED = "application_approved"
    APPLICATION_REFUSED = "application_refused"
    POINTS_GRANTED = "points_granted"
    ACTIVATION_DUE = "activation_due"
    POINTS_EXPIRING = "points_expiring"
    KEPT_POINTS_EXPIRING = "kept_points_expiring"
    FROZEN_POINTS_EXPIRING = "frozen_points_expiring"
    POINTS_ENDED = "points_ended"
    POINTS_NEVER_ACTIVATED = "points_never_activated"
    WAITING_JOINED = "waiting_joined"
    WAITING_ENDED = "waiting_ended"
    GRANT_FROZEN = "grant_frozen"
    GRANT_RELEASED = "grant_released"
    CLOCKS_MOVED = "clocks_moved"
    CLOCKS_FOLLOWED = "clocks_followed"
    POINTS_ADDED = "points_added"
    POINTS_TAKEN = "points_taken"
    ORDER_SUBMITTED = "order_submitted"
    ORDER_RECEIVED = "order_received"
    ORDER_ACCEPTED = "order_accepted"
    ORDER_REFUSED = "order_refused"
    ORDER_WITHDRAWN = "order_withdrawn"
    ORDER_LAPSED = "order_lapsed"
    PAYMENT_RECEIVED = "payment_received"
    ORDER_PAID = "order_paid"
    LATE_MONEY = "late_money"
    MONEY_TO_RETURN = "money_to_return"
    SERVICE_STARTED = "service_started"
    INVOICE_REGISTERED = "invoice_registered"
    DELIVERY_APPROVED = "delivery_approved"
    ORDER_FINISHED = "order_finished"


@dataclass(frozen=True)
class Message:
    """The parts of a message. `path` is where the button leads, on this site."""

    subject: str | Promise
    headline: str | Promise
    lead: str | Promise
    next_step: str | Promise = ""
    rule: str | Promise = ""
    button: str | Promise = ""
    path: str = ""
    facts: tuple[tuple[str | Promise, str | Promise], ...] = ()
    """Label and value, line by line."""
    notice: bool = True
    """Whether it also stands in 我的通知."""


M = MessageName
_ORDER = "/member/orders/%(number)s/"
_DESK = "/vendor/orders/%(number)s/"
_SEE_ORDER = _("看這張訂單")
_NUMBER = (_("訂單編號"), "%(number)s")
_PARTS = ((_("點數"), _("%(points)s 點")), (_("自付款"), "NT$ %(self_pay)s"))
_BUYERS_FACTS = (_NUMBER, (_("廠商"), "%(vendor)s"), *_PARTS)
_SELLERS_FACTS = (_NUMBER, (_("公司"), "%(company)s"), (_("總價"), "NT$ %(price)s"), *_PARTS)
_CLOCKS = ((_("啟用期限"), "%(activate_until)s"), (_("使用期限"), "%(use_until)s"))

CATALOGUE: dict[MessageName, Message] = {
    M.EMAIL_CODE: Message(
        _("雲市集驗證碼"),
        _("您的驗證碼是 %(code)s"),
        _("在申請頁輸入這 6 位數字，帳號就會啟用。"),
        _("驗證碼 %(minutes)s 分鐘內有效。不是您申請的話，請不必理會這封信。"),
        notice=False,
    ),
    M.CARD_LINK: Message(
        _("到電腦上接著做"),
        _("用接讀卡機的電腦打開這封信"),
        _("下一步要插工商憑證，手機做不到。"),
        _("在電腦上按下面的按鈕，就從這一步接著做。不是您要求的話，請不必理會這封信，也不要插卡。"),
        button=_("在這台電腦上接著做"),
        path="/%(link)s/",
        notice=False,
    ),
    M.RESET_LINK: Message(
        _("重設密碼"),
        _("重設您的雲市集密碼"),
        _("有人用這個 E-mail 要求重設密碼。"),
        _("按下面的按鈕設定新密碼，連結只能用一次，一小時內有效。不是您要求的話，請不必理會這封信，密碼不會變。"),
        button=_("設定新密碼"),
        path="/%(link)s/",
        notice=False,
    ),
    M.RESET_DONE: Message(
        _("密碼已更新"),
        _("您的雲市集密碼已更新"),
        _("其他裝置上的登入都已失效，請用新密碼登入。"),
        _("不是您改的話，請立刻重設密碼，再打客服電話。"),
        button=_("登入"),
        path="/accounts/login/",
        notice=False,
    ),
    M.APPLICATION_APPROVED: Message(
        _("審核通過"),
        _("審核通過，可以領點數了"),
        _("登記資料查詢完成，貴公司符合資格。"),
        _("填完數位需求自評表，點數就會入帳。已經填完的話，不必再做什麼。"),
        _("資格條件（4.1）：公司或商業登記有效，且符合中小企業認定標準。"),
        _("填自評表"),
        "/member/assessment/",
    ),
    M.APPLICATION_REFUSED: Message(
        _("這次不能通過審核"),
        _("這次不能通過審核"),
        _("查詢登記資料後，有一項不符合資格：%(reason)s。"),
        _("登記資料有誤的話，請先向登記機關更正，再聯絡客服，我們會重新查詢。"),
        _("資格條件（4.1）：每一項都要符合。"),
        _("看查詢結果"),
        "/member/",
    ),
    M.POINTS_GRANTED: Message(
        _("點數已入帳，可以開始選購"),
        _("%(points)s 點已入帳"),
        _("1 點抵 1 元，付方案價格的一部分，其餘自付。"),
        _("%(activate_until)s 前下第一張訂單，點數就啟用；%(use_until)s 前用完。"),
        _("啟用期限：沒送出訂單，全數收回。使用期限：沒用完的部分收回。收回後不能再次申請。"),
        _("看有哪些方案"),
        "/solutions/",
        ((_("點數"), _("%(points)s 點")), *_CLOCKS),
    ),
    M.ACTIVATION_DUE: Message(
        _("點數還沒啟用"),
        _("還有 %(days)s 天，請下第一張訂單"),
        _("您的 %(left)s 點還沒啟用。下第一張訂單，點數就啟用。"),
        _("%(ends_until)s 前送出第一張訂單。"),
        _("啟用期限：到期前沒送出訂單，全數收回，不能再次申請。訂單之後沒成立也算啟用。"),
        _("看有哪些方案"),
        "/solutions/",
        ((_("點數"), _("%(left)s 點")), (_("啟用期限"), "%(ends_until)s")),
    ),
    M.POINTS_EXPIRING: Message(
        _("點數快到期了"),
        _("還有 %(days)s 天，%(left)s 點沒用"),
        _("挑一個方案下訂，點數就保留給那張訂單。"),
        _("%(ends_until)s 前用完。"),
        _("使用期限：到期沒用的點數收回，不能再次申請。"),
        _("看有哪些方案"),
        "/solutions/",
        ((_("還沒用的點數"), _("%(left)s 點")), (_("使用期限"), "%(ends_until)s")),
    ),
    M.KEPT_POINTS_EXPIRING: Message(
        _("加時的點數快到期了"),
        _("還有 %(days)s 天，%(left)s 點加時的點數沒用"),
        _("廠商沒有完成訂單，退回的這些點數多給您幾天。挑一個方案下訂，點數就保留給那張訂單。"),
        _("%(ends_until)s 前用完。"),
        _("退回點數的加時：到期沒用的點數收回，不再延長。"),
        _("看有哪些方案"),
        "/solutions/",
        ((_("還沒用的點數"), _("%(left)s 點")), (_("最晚用到"), "%(ends_until)s")),
    ),
    M.FROZEN_POINTS_EXPIRING: Message(
        _("暫停使用的點數快到期了"),
        _("還有 %(days)s 天，%(left)s 點暫停使用中"),
        _("您的點數暫停使用，現在不能下訂，期限照算。"),
        _("%(ends_until)s 到期，請在那之前打客服電話說明。"),
        _("暫停使用：期限照算。到期的點數收回；解除暫停後，兩位承辦人可以補回這段天數。"),
        _("看我的點數"),
        "/member/points/",
        ((_("還沒用的點數"), _("%(left)s 點")), (_("期限"), "%(ends_until)s")),
    ),
    M.POINTS_ENDED: Message(
        _("點數期限已到"),
        _("點數期限已到，%(reclaimed)s 點已收回"),
        _("沒有用完的點數已經回到計畫經費。"),
        _("已經下訂的訂單不受影響。"),
        _("使用期限：到期沒用的點數收回，不能再次申請。"),
        _("看我的點數"),
        "/member/points/",
    ),
    M.POINTS_NEVER_ACTIVATED: Message(
        _("點數沒有啟用，已收回"),
        _("啟用期限已到，%(reclaimed)s 點已全數收回"),
        _("啟用期限前沒有送出訂單，點數已經回到計畫經費。"),
        _("同一梯次不能再次申請。對這個結果有疑問的話，請打客服電話。"),
        _("啟用期限：到期前沒有送出第一張訂單，點數全數收回。"),
        _("看我的點數"),
        "/member/points/",
        ((_("啟用期限"), "%(activate_until)s"), (_("收回"), _("%(reclaimed)s 點"))),
    ),
    M.WAITING_JOINED: Message(
        _("您已排入候補"),
        _("本梯次點數已發完，您排在候補第 %(place)s 位"),
        _("審核和自評表都完成了，只等點數。"),
        _("您不必再做什麼。有點數收回時依序遞補，輪到您時寄信通知。"),
        _("候補依序遞補，一次補足一家公司的點數；輪到時會再查一次資格，兩個期限從那天起算。"),
        _("看候補順位"),
        "/member/points/",
    ),
    M.WAITING_ENDED: Message(
        _("候補資格查詢結果"),
        _("輪到您了，但這次不能核發點數"),
        _("輪到遞補時再查了一次資格，有一項不符合：%(reason)s。"),
        _("登記資料有誤的話，請先向登記機關更正，再聯絡客服，我們會重新查詢。"),
        _("候補輪到時會再查一次資格（規則 4.1：資格條件）。"),
        _("看我的點數"),
        "/member/points/",
    ),
    M.GRANT_FROZEN: Message(
        _("點數暫停使用"),
        _("您的點數暫停使用"),
        _("管理單位暫停了這筆點數，理由：%(reason)s。"),
        _("請打客服電話說明。已送出的訂單照常進行，不必重送。"),
        _("暫停期間不能送出新訂單，期限照算；解除時，管理單位可以把這段天數補回來。"),
        _("看我的點數"),
        "/member/points/",
        _CLOCKS,
    ),
    M.GRANT_RELEASED: Message(
        _("點數恢復使用"),
        _("您的點數可以再用了"),
        _("管理單位解除了暫停，說明：%(reason)s。"),
        _("%(use_until)s 前用完。暫停期間的天數補回時，會另外通知您。"),
        _("暫停期間期限照算；補回天數由兩位承辦人決定。"),
        _("看我的點數"),
        "/member/points/",
        _CLOCKS,
    ),
    M.CLOCKS_MOVED: Message(
        _("點數期限延後"),
        _("點數期限延後 %(days)s 天"),
        _("管理單位延後了您的點數期限，理由：%(reason)s。"),
        _("您不必申請，新的期限已經生效。"),
        _("延後由兩位承辦人決定；最後一天遇到假日時，順延到下一個上班日。"),
        _("看我的點數"),
        "/member/points/",
        _CLOCKS,
    ),
    M.CLOCKS_FOLLOWED: Message(
        _("辦公日曆更動，點數期限順延"),
        _("點數期限順延到下一個上班日"),
        _("政府公布的上班日有變動，您原來的最後一天改成放假。"),
        _("您不必申請，新的期限已經生效。"),
        _("最後一天遇到假日時，順延到下一個上班日；日曆更動只會讓期限變晚，不會變早。"),
        _("看我的點數"),
        "/member/points/",
        _CLOCKS,
    ),
    M.POINTS_ADDED: Message(
        _("點數更正：補回點數"),
        _("您的點數補回 %(moved)s 點"),
        _("管理單位更正了您的點數，理由：%(reason)s。"),
        _("現在錢包裡有 %(left)s 點，期限不變。您不必申請。"),
        _("更正由兩位承辦人決定，另記一筆，原來的紀錄不會改動。"),
        _("看我的點數"),
        "/member/points/",
        _CLOCKS,
    ),
    M.POINTS_TAKEN: Message(
        _("點數更正：收回點數"),
        _("您的點數收回 %(moved)s 點"),
        _("管理單位更正了您的點數，理由：%(reason)s。"),
        _("現在錢包裡有 %(left)s 點。有疑問請打客服電話；已送出的訂單照常進行。"),
        _("更正由兩位承辦人決定，另記一筆，原來的紀錄不會改動。"),
        _("看我的點數"),
        "/member/points/",
        _CLOCKS,
    ),
    M.ORDER_SUBMITTED: Message(
        _("訂單 %(number)s 已送出"),
        _("訂單已送出，保留 %(points)s 點"),
        _("契約已簽署，訂單 %(number)s 已送給%(vendor)s。"),
        _("廠商最晚 %(answer_until)s 回覆接不接單。接單後，我們通知您付自付款 %(self_pay)s 元的期限。"),
        _("廠商回覆接單：期限前沒回覆，訂單失效，點數全退。"),
        _SEE_ORDER,
        _ORDER,
        facts=_BUYERS_FACTS,
    ),
    M.ORDER_RECEIVED: Message(
        _("新訂單 %(number)s"),
        _("新訂單，請在期限前回覆"),
        _("公司已經簽好契約，等您回覆。"),
        _("%(answer_until)s 前回覆接不接單。"),
        _("廠商回覆接單：期限前沒回覆，訂單失效。"),
        _SEE_ORDER,
        _DESK,
        notice=False,
        facts=_SELLERS_FACTS,
    ),
    M.ORDER_ACCEPTED: Message(
        _("訂單 %(number)s 已接單，請付自付款"),
        _("廠商已接單，請付自付款 %(self_pay)s 元"),
        _("%(vendor)s接了訂單 %(number)s。"),
        _("%(pay_until)s 前付款。"),
        _("付自付款：逾期訂單失效，%(points)s 點在使用期限內退回錢包，過了就收回。"),
        _("去付款"),
        _ORDER,
        facts=_BUYERS_FACTS,
    ),
    M.ORDER_REFUSED: Message(
        _("訂單 %(number)s 廠商未接單"),
        _("廠商未接單，%(points)s 點已退回"),
        _("%(vendor)s沒有接訂單 %(number)s。理由：%(reason)s"),
        _("不用付錢，點數可以改買別的方案。"),
        button=_("看其他方案"),
        path="/solutions/",
        facts=(_NUMBER, (_("廠商"), "%(vendor)s")),
    ),
    M.ORDER_WITHDRAWN: Message(
        _("訂單 %(number)s 已由公司撤回"),
        _("公司撤回了訂單"),
        _("訂單 %(number)s 在付款前撤回，您不必再處理。"),
        button=_SEE_ORDER,
        path=_DESK,
        notice=False,
    ),
    M.ORDER_LAPSED: Message(
        _("訂單 %(number)s 逾期失效"),
        _("訂單逾期失效"),
        _("%(step)s，訂單 %(number)s 已經失效，保留的點數已釋出。"),
        _("使用期限內的點數已退回錢包，可以重新下單；過了使用期限的點數收回。"),
        _("逾期失效不能恢復。失效後才到的款項會退回。"),
    ),
    M.PAYMENT_RECEIVED: Message(
        _("訂單 %(number)s 付款完成"),
        _("付款完成，訂單確認"),
        _("%(vendor)s已收到自付款 %(self_pay)s 元，%(points)s 點已扣抵。"),
        _("廠商會聯繫您、開發票，最晚 %(start_until)s 開始服務。您不必再做什麼。"),
        _("開始服務、聯繫和開發票的期限都列在訂單頁。"),
        _SEE_ORDER,
        _ORDER,
        facts=_BUYERS_FACTS,
    ),
    M.ORDER_PAID: Message(
        _("訂單 %(number)s 已付款"),
        _("自付款已收到，請聯繫公司並開始服務"),
        _("訂單 %(number)s 的自付款 %(self_pay)s 元已付清。"),
        _("%(invoice_until)s 前開發票，%(start_until)s 前開始服務。"),
        _("開立發票：金額是訂單全額，包含點數。首次聯繫的期限列在訂單頁。"),
        _SEE_ORDER,
        _DESK,
        notice=False,
        facts=_SELLERS_FACTS,
    ),
    M.LATE_MONEY: Message(
        _("訂單 %(number)s 收到需要退還的款項"),
        _("有一筆 %(amount)s 元要退還"),
        _("訂單 %(number)s 收到 %(amount)s 元：%(step)s。由%(vendor)s退回原付款方式。"),
        _("您不必再付款。這筆款項會一直列在訂單頁。"),
        button=_SEE_ORDER,
        path=_ORDER,
        facts=(_NUMBER, (_("要退還的金額"), "NT$ %(amount)s")),
    ),
    M.MONEY_TO_RETURN: Message(
        _("訂單 %(number)s 有款項要退給公司"),
        _("請退回 %(amount)s 元"),
        _("訂單 %(number)s 收到 %(amount)s 元：%(step)s。這筆錢不屬於訂單，請退回%(company)s原來的付款方式。"),
        _("在金流後台找特店交易編號 %(trade_no)s，辦理退款。"),
        button=_SEE_ORDER,
        path=_DESK,
        notice=False,
        facts=(_NUMBER, (_("要退還的金額"), "NT$ %(amount)s"), (_("特店交易編號"), "%(trade_no)s")),
    ),
    M.SERVICE_STARTED: Message(
        _("訂單 %(number)s 服務開始"),
        _("服務開始了，請驗收"),
        _("%(vendor)s已登記服務開始，期程從今天起算。"),
        _("%(approve_until)s 前請看交付內容並驗收。"),
        _("驗收：期限前沒有回覆，視為驗收。"),
        _("看交付內容"),
        _ORDER,
        facts=(_NUMBER, (_("廠商"), "%(vendor)s")),
    ),
    M.INVOICE_REGISTERED: Message(
        _("訂單 %(number)s 發票已開立"),
        _("發票 %(invoice)s 已開立"),
        _("%(vendor)s登錄了訂單 %(number)s 的電子發票，金額 %(price)s 元。"),
        button=_SEE_ORDER,
        path=_ORDER,
        facts=(_NUMBER, (_("發票號碼"), "%(invoice)s"), (_("發票金額"), "NT$ %(price)s")),
    ),
    M.DELIVERY_APPROVED: Message(
        _("訂單 %(number)s 已驗收"),
        _("公司已驗收"),
        _("訂單 %(number)s 的交付已由公司確認。"),
        button=_SEE_ORDER,
        path=_DESK,
        notice=False,
    ),
    M.ORDER_FINISHED: Message(
        _("訂單 %(number)s 服務期滿"),
        _("服務期滿，訂單完成"),
        _("訂單 %(number)s 的期程已到。要繼續使用的話，請向%(vendor)s詢問續約價格；續約不使用點數。"),
        button=_SEE_ORDER,
        path=_ORDER,
        facts=(_NUMBER, (_("廠商"), "%(vendor)s")),
    ),
}

STEPS = {
    "vendor": _("廠商沒有在期限前回覆"), "payment": _("自付款沒有在期限前付清"),
    "paid_twice": _("同一張訂單重複付款，訂單已經用先到的那筆成立"), "order_ended": _("訂單已經結束"),
    "wrong_amount": _("金額和訂單的自付款不符"), "too_late": _("付款時已經過了付款期限"),
}  # fmt: skip
"""Why an order lapsed, or why money does not belong to it, by `why`; fills the placeholder `step`."""


def texts(message: Message) -> Iterator[str | Promise]:
    """Every text of a message, in reading order."""
    yield from (message.subject, message.headline, message.lead)
    for label, value in message.facts:
        yield from (label, value)
    yield from (message.next_step, message.button, message.path, message.rule)


@cache
def needed(name: MessageName) -> frozenset[str]:
    """What a message's context must hold."""
    found = {field for text in texts(CATALOGUE[name]) for field in re.findall(r"%\((\w+)\)s", str(text))}
    return frozenset({"why" if field == "step" else field for field in found})
