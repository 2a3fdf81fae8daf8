"""Messages on the way to an account and to a decision."""

from django.utils.translation import gettext_lazy as _

from tcloud.notifications.catalogue.message import Message
from tcloud.notifications.catalogue.message import MessageName as M

MESSAGES = {
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
}
