"""Messages of an order, to the company and to the vendor."""

from django.utils.translation import gettext_lazy as _

from tcloud.notifications.catalogue.message import Message
from tcloud.notifications.catalogue.message import MessageName as M

_ORDER = "/member/orders/%(number)s/"
_DESK = "/vendor/orders/%(number)s/"
_SEE_ORDER = _("看這張訂單")
_NUMBER = (_("訂單編號"), "%(number)s")
_PARTS = ((_("點數"), _("%(points)s 點")), (_("自付款"), "NT$ %(self_pay)s"))
_BUYERS_FACTS = (_NUMBER, (_("廠商"), "%(vendor)s"), *_PARTS)
_SELLERS_FACTS = (_NUMBER, (_("公司"), "%(company)s"), (_("總價"), "NT$ %(price)s"), *_PARTS)

MESSAGES = {
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
