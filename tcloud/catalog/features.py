"""The checklists of the catalogue: what a solution can do, whom it suits.

Features are keys, so that filters, comparison and the assessment's advice speak of the same thing.
Industries are the sections of the official industry classification that sell or buy here.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Feature(TextChoices):
    """One thing a solution does, as a buyer would ask for it."""

    # selling and stock
    CHECKOUT = "checkout", _("收銀結帳")
    OFFLINE = "offline", _("斷網可用")
    STOCK = "stock", _("庫存管理")
    BARCODE_COUNT = "barcode_count", _("掃碼盤點")
    EXPIRY = "expiry", _("效期與批號")
    PURCHASING = "purchasing", _("採購與進貨")
    DELIVERY_PLATFORMS = "delivery_platforms", _("外送平台串接")
    TRADE_ORDERS = "trade_orders", _("線上訂貨")
    MULTI_STORE = "multi_store", _("多門市")
    # selling online, customers
    ONLINE_SHOP = "online_shop", _("網路開店")
    MARKETPLACES = "marketplaces", _("多通路上架")
    BOOKING = "booking", _("線上預約")
    LOYALTY = "loyalty", _("會員集點")
    CUSTOMER_RECORDS = "customer_records", _("顧客資料")
    CAMPAIGNS = "campaigns", _("訊息與活動")
    ANALYTICS = "analytics", _("分析報表")
    # running the office
    E_INVOICE = "e_invoice", _("電子發票")
    ACCOUNTING = "accounting", _("記帳與報表")
    ROSTER = "roster", _("排班")
    ATTENDANCE = "attendance", _("出勤打卡")
    PAYROLL = "payroll", _("薪資計算")
    APPROVALS = "approvals", _("線上簽核")
    SHARED_FILES = "shared_files", _("共用檔案")
    TEAM_CHAT = "team_chat", _("團隊訊息")
    TASKS = "tasks", _("工作追蹤")
    VIDEO_MEETING = "video_meeting", _("視訊會議")
    REMOTE_ACCESS = "remote_access", _("遠端連線")
    MOBILE_APP = "mobile_app", _("手機可用")
    # security
    BACKUP = "backup", _("自動備份")
    TWO_STEP = "two_step", _("兩步驟驗證")
    OWN_ACCOUNTS = "own_accounts", _("逐人帳號")
    DEVICE_PROTECTION = "device_protection", _("電腦防護")
    # making things
    SCHEDULING = "scheduling", _("生產排程")
    WORK_ORDERS = "work_orders", _("工單與報工")
    BILL_OF_MATERIALS = "bill_of_materials", _("配方與用料表")
    TRACEABILITY = "traceability", _("生產履歷")
    MACHINE_MONITORING = "machine_monitoring", _("設備監看")
    QUALITY = "quality", _("品質檢驗")


class Industry(TextChoices):
    """Sections of the official industry classification (行業統計分類)."""

    A = "A", _("農林漁牧業")
    C = "C", _("製造業")
    F = "F", _("營建工程業")
    G = "G", _("批發及零售業")
    H = "H", _("運輸及倉儲業")
    I = "I", _("住宿及餐飲業")  # noqa: E741  (the classification's own letter)
    J = "J", _("出版影音及資通訊業")
    L = "L", _("不動產業")
    M = "M", _("專業、科學及技術服務業")
    N = "N", _("支援服務業")
    P = "P", _("教育業")
    Q = "Q", _("醫療保健及社會工作服務業")
    R = "R", _("藝術、娛樂及休閒服務業")
    S = "S", _("其他服務業")


class Size(TextChoices):
    """How many people a company has."""

    MICRO = "1-4", _("1–4 人")
    SMALL = "5-20", _("5–20 人")
    MEDIUM = "21-100", _("21–100 人")
    LARGE = "101-199", _("101–199 人")


class ScreenLanguage(TextChoices):
    """A language that a product's own screens speak."""

    ZH_HANT = "zh-hant", _("繁體中文")
    EN = "en", _("英文")
    JA = "ja", _("日文")
    VI = "vi", _("越南文")
    ID = "id", _("印尼文")
    TH = "th", _("泰文")
