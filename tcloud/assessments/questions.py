"""數位需求自評表: the questions of the present version, in plain language.

Every question has four answers worth 0 to 3; an answer below 3 names the features that would help, in the
words of the catalogue. The text of a version never changes once it was answered: a change is a new VERSION.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tcloud.catalog.features import Feature

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
        Option("paper", 0, _("手寫記帳，月底才整理"), (Feature.ACCOUNTING, Feature.E_INVOICE)),
        Option("sheet", 1, _("用試算表，發票另外開"), (Feature.ACCOUNTING, Feature.E_INVOICE)),
        Option("system", 2, _("有會計或發票系統，但要重複輸入"), (Feature.E_INVOICE,)),
        Option("linked", 3, _("賣出就自動開發票、入帳")),
    )),
    Question("stock", Topic.OPERATIONS, _("貨品、原料或耗材還剩多少，怎麼知道？"), (
        Option("look", 0, _("去架上看，常常對不上"), (Feature.STOCK, Feature.BARCODE_COUNT, Feature.EXPIRY)),
        Option("sheet", 1, _("記在紙上或試算表，有空才更新"), (Feature.STOCK, Feature.BARCODE_COUNT)),
        Option("apart", 2, _("有系統，但和收銀、訂單分開"), (Feature.STOCK, Feature.PURCHASING)),
        Option("live", 3, _("系統即時扣帳，低於安全量會提醒")),
    )),
    Question("plan", Topic.SCHEDULING, _("班表或生產順序，怎麼排？"), (
        Option("head", 0, _("在老闆或師傅腦子裡"), (Feature.ROSTER, Feature.SCHEDULING)),
        Option("paper", 1, _("用紙本或白板排"), (Feature.ROSTER, Feature.SCHEDULING)),
        Option("sheet", 2, _("用試算表排，改了要一個一個通知"), (Feature.ROSTER, Feature.MOBILE_APP)),
        Option("system", 3, _("系統排好，手機上看得到")),
    )),
    Question("follow", Topic.SCHEDULING, _("工作做到哪裡，怎麼知道？"), (
        Option("ask", 0, _("走過去問"), (Feature.WORK_ORDERS, Feature.TASKS, Feature.ATTENDANCE)),
        Option("end", 1, _("下班前回報，隔天才知道"), (Feature.WORK_ORDERS, Feature.TASKS)),
        Option("message", 2, _("在通訊群組裡回報"), (Feature.WORK_ORDERS, Feature.MACHINE_MONITORING)),
        Option("live", 3, _("系統上即時看得到進度")),
    )),
    Question("away", Topic.REMOTE, _("人不在公司時，能看到公司的資料嗎？"), (
        Option("no", 0, _("不能，要回公司才看得到"), (Feature.REMOTE_ACCESS, Feature.SHARED_FILES)),
        Option("send", 1, _("請同事拍照或傳檔案"), (Feature.SHARED_FILES, Feature.REMOTE_ACCESS)),
        Option("part", 2, _("部分資料在雲端，其他要回公司"), (Feature.SHARED_FILES,)),
        Option("all", 3, _("都看得到，也改得到")),
    )),
    Question("meet", Topic.REMOTE, _("和外面的同事或客戶開會、交辦，用什麼？"), (
        Option("phone", 0, _("只用電話，沒有留下紀錄"), (Feature.VIDEO_MEETING, Feature.TASKS)),
        Option("private", 1, _("用各人自己的通訊軟體"), (Feature.TEAM_CHAT, Feature.VIDEO_MEETING)),
        Option("mixed", 2, _("有視訊，但交辦事項散在各處"), (Feature.TASKS,)),
        Option("one", 3, _("同一套工具，事後查得到")),
    )),
    Question("files", Topic.COLLABORATION, _("同一份文件要幾個人一起改，怎麼做？"), (
        Option("usb", 0, _("用隨身碟或印出來改"), (Feature.SHARED_FILES,)),
        Option("mail", 1, _("用電子郵件或通訊軟體傳來傳去"), (Feature.SHARED_FILES,)),
        Option("share", 2, _("放在共用資料夾，有時會蓋掉別人的"), (Feature.SHARED_FILES, Feature.OWN_ACCOUNTS)),
        Option("cloud", 3, _("線上一起改，看得到誰改了什麼")),
    )),
    Question("approve", Topic.COLLABORATION, _("請假、請款、報價，怎麼請示？"), (
        Option("verbal", 0, _("口頭說，事後常忘記"), (Feature.APPROVALS,)),
        Option("paper", 1, _("填紙本，等主管簽名"), (Feature.APPROVALS,)),
        Option("chat", 2, _("在通訊群組裡問，要翻紀錄"), (Feature.APPROVALS, Feature.TASKS)),
        Option("system", 3, _("線上送出、線上核准，有紀錄")),
    )),
    Question("backup", Topic.SECURITY, _("電腦壞了，資料救得回來嗎？"), (
        Option("none", 0, _("沒有定期備份"), (Feature.BACKUP,)),
        Option("disk", 1, _("想到才複製到外接硬碟"), (Feature.BACKUP,)),
        Option("once", 2, _("有備份，但沒有試過還原"), (Feature.BACKUP,)),
        Option("tested", 3, _("每天自動備份，也試過還原")),
    )),
    Question("accounts", Topic.SECURITY, _("系統的帳號和密碼，怎麼管？"), (
        Option("shared", 0, _("多人共用一組密碼"), (Feature.OWN_ACCOUNTS, Feature.TWO_STEP, Feature.DEVICE_PROTECTION)),
        Option("note", 1, _("各有帳號，密碼寫在便條上"), (Feature.TWO_STEP, Feature.DEVICE_PROTECTION)),
        Option("own", 2, _("各有帳號，但離職的人沒有馬上停用"), (Feature.OWN_ACCOUNTS, Feature.TWO_STEP)),
        Option("two", 3, _("各有帳號，加上兩步驟驗證")),
    )),
    Question("channels", Topic.SALES, _("現在從哪些地方賣？"), (
        Option("counter", 0, _("只有店面或電話，手寫單據"), (Feature.CHECKOUT, Feature.ONLINE_SHOP)),
        Option("social", 1, _("店面加社群私訊，訂單用人工抄"), (Feature.ONLINE_SHOP, Feature.TRADE_ORDERS)),
        Option("several", 2, _("好幾個通路，庫存要分別改"), (Feature.MARKETPLACES, Feature.STOCK)),
        Option("joined", 3, _("各通路的訂單和庫存連在一起")),
    )),
    Question("checkout", Topic.SALES, _("結帳和收單，常遇到什麼？"), (
        Option("slow", 0, _("尖峰時排很長，常算錯"), (Feature.CHECKOUT, Feature.OFFLINE)),
        Option("split", 1, _("外送、預約、現場各一本帳"), (
            Feature.DELIVERY_PLATFORMS, Feature.BOOKING, Feature.CHECKOUT,
        )),
        Option("report", 2, _("收得順，但看不出什麼賣得好"), (Feature.ANALYTICS,)),
        Option("good", 3, _("收得順，每天看得到報表")),
    )),
    Question("customers", Topic.MARKETING, _("知道誰常來買嗎？"), (
        Option("no", 0, _("不知道，沒有留資料"), (Feature.LOYALTY, Feature.CUSTOMER_RECORDS)),
        Option("face", 1, _("認得臉，叫不出名字"), (Feature.LOYALTY, Feature.CUSTOMER_RECORDS)),
        Option("list", 2, _("有名單，但沒有消費紀錄"), (Feature.CUSTOMER_RECORDS, Feature.ANALYTICS)),
        Option("known", 3, _("有消費紀錄，會分群聯絡")),
    )),
    Question("contact", Topic.MARKETING, _("有新品或活動，怎麼讓客人知道？"), (
        Option("poster", 0, _("貼在門口"), (Feature.CAMPAIGNS,)),
        Option("post", 1, _("在社群貼文，看運氣"), (Feature.CAMPAIGNS, Feature.ANALYTICS)),
        Option("all", 2, _("傳訊息給所有人，不分對象"), (Feature.CAMPAIGNS, Feature.CUSTOMER_RECORDS)),
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
