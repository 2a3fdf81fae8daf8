"""數位需求自評表: the questions of the present version, in plain language.

Every question has four answers worth 0 to 3; an answer below 3 names the features that would help, in the words
of the catalogue. The text of a version never changes once companies have answered it: a change is a new VERSION.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tcloud.catalog.features import Feature as F

VERSION = 1


class Topic(TextChoices):
    """The seven topics, in the order they are asked."""

    OPERATIONS = "operations", _("內部營運")
    SCHEDULING = "scheduling", _("生產排程")
    REMOTE = "remote", _("遠距辦公")
    COLLABORATION = "collaboration", _("線上協作")
    SECURITY = "security", _("資訊安全")
    SALES = "sales", _("銷售與通路")
    MARKETING = "marketing", _("行銷與顧客")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: its key in the stored answers, its score 0–3, and the features it asks for."""

    key: str
    score: int
    text: str | Promise
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a topic."""

    key: str
    topic: Topic
    text: str | Promise
    options: tuple[Option, ...]


INTRODUCTIONS: dict[Topic, str | Promise] = {
    Topic.OPERATIONS: _("每天的帳、單據和存貨。"),
    Topic.SCHEDULING: _("誰在哪一天做什麼，做到哪裡了。門市排班也算。"),
    Topic.REMOTE: _("不在店裡、不在公司時，能不能照常做事。"),
    Topic.COLLABORATION: _("同事之間怎麼傳資料、怎麼請示。"),
    Topic.SECURITY: _("資料會不會不見，密碼有沒有人共用。"),
    Topic.SALES: _("客人從哪裡來，訂單怎麼收。"),
    Topic.MARKETING: _("認不認得老客人，怎麼再見到他們。"),
}

QUESTIONS: tuple[Question, ...] = (
    Question("books", Topic.OPERATIONS, _("每天的帳和發票，怎麼處理？"), (
        Option("paper", 0, _("手寫記帳，月底才整理"), (F.ACCOUNTING, F.E_INVOICE)),
        Option("sheet", 1, _("用試算表，發票另外開"), (F.ACCOUNTING, F.E_INVOICE)),
        Option("system", 2, _("有會計或發票系統，但要重複輸入"), (F.E_INVOICE,)),
        Option("linked", 3, _("賣出就自動開發票、入帳")),
    )),
    Question("stock", Topic.OPERATIONS, _("貨品、原料或耗材還剩多少，怎麼知道？"), (
        Option("look", 0, _("去架上看，常常對不上"), (F.STOCK, F.BARCODE_COUNT, F.EXPIRY)),
        Option("sheet", 1, _("記在紙上或試算表，有空才更新"), (F.STOCK, F.BARCODE_COUNT)),
        Option("apart", 2, _("有系統，但和收銀、訂單分開"), (F.STOCK, F.PURCHASING)),
        Option("live", 3, _("系統即時扣帳，低於安全量會提醒")),
    )),
    Question("plan", Topic.SCHEDULING, _("班表或生產順序，怎麼排？"), (
        Option("head", 0, _("在老闆或師傅腦子裡"), (F.ROSTER, F.SCHEDULING)),
        Option("paper", 1, _("用紙本或白板排"), (F.ROSTER, F.SCHEDULING)),
        Option("sheet", 2, _("用試算表排，改了要一個一個通知"), (F.ROSTER, F.MOBILE_APP)),
        Option("system", 3, _("系統排好，手機上看得到")),
    )),
    Question("follow", Topic.SCHEDULING, _("工作做到哪裡，怎麼知道？"), (
        Option("ask", 0, _("走過去問"), (F.WORK_ORDERS, F.TASKS, F.ATTENDANCE)),
        Option("end", 1, _("下班前回報，隔天才知道"), (F.WORK_ORDERS, F.TASKS)),
        Option("message", 2, _("在通訊群組裡回報"), (F.WORK_ORDERS, F.MACHINE_MONITORING)),
        Option("live", 3, _("系統上即時看得到進度")),
    )),
    Question("away", Topic.REMOTE, _("人不在公司時，能看到公司的資料嗎？"), (
        Option("no", 0, _("不能，要回公司才看得到"), (F.REMOTE_ACCESS, F.SHARED_FILES)),
        Option("send", 1, _("請同事拍照或傳檔案"), (F.SHARED_FILES, F.REMOTE_ACCESS)),
        Option("part", 2, _("部分資料在雲端，其他要回公司"), (F.SHARED_FILES,)),
        Option("all", 3, _("都看得到，也改得到")),
    )),
    Question("meet", Topic.REMOTE, _("和外面的同事或客戶開會、交辦，用什麼？"), (
        Option("phone", 0, _("只用電話，沒有留下紀錄"), (F.VIDEO_MEETING, F.TASKS)),
        Option("private", 1, _("用各人自己的通訊軟體"), (F.TEAM_CHAT, F.VIDEO_MEETING)),
        Option("mixed", 2, _("有視訊，但交辦事項散在各處"), (F.TASKS,)),
        Option("one", 3, _("同一套工具，事後查得到")),
    )),
    Question("files", Topic.COLLABORATION, _("同一份文件要幾個人一起改，怎麼做？"), (
        Option("usb", 0, _("用隨身碟或印出來改"), (F.SHARED_FILES,)),
        Option("mail", 1, _("用電子郵件或通訊軟體傳來傳去"), (F.SHARED_FILES,)),
        Option("share", 2, _("放在共用資料夾，有時會蓋掉別人的"), (F.SHARED_FILES, F.OWN_ACCOUNTS)),
        Option("cloud", 3, _("線上一起改，看得到誰改了什麼")),
    )),
    Question("approve", Topic.COLLABORATION, _("請假、請款、報價，怎麼請示？"), (
        Option("verbal", 0, _("口頭說，事後常忘記"), (F.APPROVALS,)),
        Option("paper", 1, _("填紙本，等主管簽名"), (F.APPROVALS,)),
        Option("chat", 2, _("在通訊群組裡問，要翻紀錄"), (F.APPROVALS, F.TASKS)),
        Option("system", 3, _("線上送出、線上核准，有紀錄")),
    )),
    Question("backup", Topic.SECURITY, _("電腦壞了，資料救得回來嗎？"), (
        Option("none", 0, _("沒有定期備份"), (F.BACKUP,)),
        Option("disk", 1, _("想到才複製到外接硬碟"), (F.BACKUP,)),
        Option("once", 2, _("有備份，但沒有試過還原"), (F.BACKUP,)),
        Option("tested", 3, _("每天自動備份，也試過還原")),
    )),
    Question("accounts", Topic.SECURITY, _("系統的帳號和密碼，怎麼管？"), (
        Option("shared", 0, _("多人共用一組密碼"), (F.OWN_ACCOUNTS, F.TWO_STEP, F.DEVICE_PROTECTION)),
        Option("note", 1, _("各有帳號，密碼寫在便條上"), (F.TWO_STEP, F.DEVICE_PROTECTION)),
        Option("own", 2, _("各有帳號，但離職的人沒有馬上停用"), (F.OWN_ACCOUNTS, F.TWO_STEP)),
        Option("two", 3, _("各有帳號，加上兩步驟驗證")),
    )),
    Question("channels", Topic.SALES, _("現在從哪些地方賣？"), (
        Option("counter", 0, _("只有店面或電話，手寫單據"), (F.CHECKOUT, F.ONLINE_SHOP)),
        Option("social", 1, _("店面加社群私訊，訂單用人工抄"), (F.ONLINE_SHOP, F.TRADE_ORDERS)),
        Option("several", 2, _("好幾個通路，庫存要分別改"), (F.MARKETPLACES, F.STOCK)),
        Option("joined", 3, _("各通路的訂單和庫存連在一起")),
    )),
    Question("checkout", Topic.SALES, _("結帳和收單，常遇到什麼？"), (
        Option("slow", 0, _("尖峰時排很長，常算錯"), (F.CHECKOUT, F.OFFLINE)),
        Option("split", 1, _("外送、預約、現場各一本帳"), (F.DELIVERY_PLATFORMS, F.BOOKING, F.CHECKOUT)),
        Option("report", 2, _("收得順，但看不出什麼賣得好"), (F.ANALYTICS,)),
        Option("good", 3, _("收得順，每天看得到報表")),
    )),
    Question("customers", Topic.MARKETING, _("知道誰常來買嗎？"), (
        Option("no", 0, _("不知道，沒有留資料"), (F.LOYALTY, F.CUSTOMER_RECORDS)),
        Option("face", 1, _("認得臉，叫不出名字"), (F.LOYALTY, F.CUSTOMER_RECORDS)),
        Option("list", 2, _("有名單，但沒有消費紀錄"), (F.CUSTOMER_RECORDS, F.ANALYTICS)),
        Option("known", 3, _("有消費紀錄，會分群聯絡")),
    )),
    Question("contact", Topic.MARKETING, _("有新品或活動，怎麼讓客人知道？"), (
        Option("poster", 0, _("貼在門口"), (F.CAMPAIGNS,)),
        Option("post", 1, _("在社群貼文，看運氣"), (F.CAMPAIGNS, F.ANALYTICS)),
        Option("all", 2, _("傳訊息給所有人，不分對象"), (F.CAMPAIGNS, F.CUSTOMER_RECORDS)),
        Option("fit", 3, _("依客人的習慣傳，看得到成效")),
    )),
)  # fmt: skip

BY_KEY: dict[str, Question] = {question.key: question for question in QUESTIONS}


def of_topic(topic: Topic) -> tuple[Question, ...]:
    """A topic's questions in order."""
    return tuple(question for question in QUESTIONS if question.topic is topic)


def chosen(question: Question, answers: dict[str, str]) -> Option | None:
    """The option somebody chose; None while unanswered or where the stored key is of no known option."""
    return next((option for option in question.options if option.key == answers.get(question.key)), None)
