
"""The demonstration's shelves and sellers; what they sell is in `demo.listings`. All invented.

The 統一編號 of the vendors are the ones the company registry's simulator knows.
"""

from tcloud.catalog.services import CategoryText
from tcloud.demo.listings import DemoSolution, ecommerce, operations, production, trade
from tcloud.vendors.services import VendorProfile

CATEGORIES: tuple[CategoryText, ...] = (
    CategoryText("sales-and-stock", "進銷協作", "Sales and stock"),
    CategoryText("pos", "收銀點餐", "Tills and ordering", "sales-and-stock"),
    CategoryText("inventory", "進銷存", "Stock control", "sales-and-stock"),
    CategoryText("ordering", "訂貨與客戶", "Trade orders and customers", "sales-and-stock"),
    CategoryText("ecommerce", "電子商務", "E-commerce"),
    CategoryText("online-shop", "網路開店", "Online shops", "ecommerce"),
    CategoryText("marketing", "行銷與會員", "Marketing and loyalty", "ecommerce"),
    CategoryText("booking", "線上預約", "Booking", "ecommerce"),
    CategoryText("digital-operations", "數位營運", "Digital operations"),
    CategoryText("people", "人事排班", "People and rosters", "digital-operations"),
    CategoryText("finance", "財會發票", "Books and invoices", "digital-operations"),
    CategoryText("collaboration", "協作簽核", "Working together", "digital-operations"),
    CategoryText("security", "資訊安全", "Information security", "digital-operations"),
    CategoryText("production", "生產管理", "Production"),
    CategoryText("scheduling", "生產排程", "Scheduling and work orders", "production"),
    CategoryText("traceability", "品質與履歷", "Quality and traceability", "production"),
    CategoryText("equipment", "設備監看", "Machine monitoring", "production"),
)

VENDORS: dict[str, VendorProfile] = {
    "daolang": VendorProfile(
        ubn="28246281", name="稻浪軟體股份有限公司", short_name="稻浪軟體", name_en="Daolang Software Co., Ltd.",
        representative="賴稻軒", address="臺南市東區東門路三段 253 號 9 樓",
        email="owner@daolang.example", phone="06-555-0101", website="https://daolang.example", glyph="pos",
        summary="在臺南做了十二年的餐飲收銀。", summary_en="Tills for food and drink, made in Tainan for twelve years.",
    ),
    "goodday": VendorProfile(
        ubn="83212233", name="好日科技有限公司", short_name="好日科技", name_en="Goodday Technology Ltd.",
        representative="周好真", address="新北市板橋區縣民大道二段 7 號 16 樓",
        email="owner@goodday.example", phone="02-5550-0102", website="https://goodday.example", glyph="tag",
        summary="零售門市的收銀、倉管與報表。", summary_en="Tills, warehouses and reports for shops.",
    ),
    "greenfield": VendorProfile(
        ubn="88599528", name="青田互動股份有限公司", short_name="青田互動", name_en="Greenfield Interactive Co., Ltd.",
        representative="方青田", address="臺北市大安區青田街 16 號",
        email="owner@greenfield.example", phone="02-5550-0103", website="https://greenfield.example",
        glyph="megaphone", summary="幫小店認識老客人。", summary_en="Helps small shops know their regulars.",
    ),
    "hefeng": VendorProfile(
        ubn="96245957", name="禾豐雲端股份有限公司", short_name="禾豐雲端", name_en="Hefeng Cloud Co., Ltd.",
        representative="江禾豐", address="臺中市南屯區公益路二段 51 號 5 樓",
        email="owner@hefeng.example", phone="04-5550-0104", website="https://hefeng.example", glyph="box",
        summary="進銷存、訂貨與電子發票。", summary_en="Stock, trade orders and e-invoices.",
    ),
    "gatekeeper": VendorProfile(
        ubn="41547280", name="守門資安股份有限公司", short_name="守門資安", name_en="Gatekeeper Security Co., Ltd.",
        representative="石守門", address="臺北市內湖區瑞光路 513 巷 26 號 6 樓",
        email="owner@gatekeeper.example", phone="02-5550-0105", website="https://gatekeeper.example",
        glyph="shield", summary="備份、帳號與電腦防護。", summary_en="Backup, accounts and endpoint protection.",
    ),
    "on-time": VendorProfile(
        ubn="84395755", name="準點資訊有限公司", short_name="準點資訊", name_en="On-Time Information Ltd.",
        representative="簡準", address="高雄市苓雅區四維三路 33 號 8 樓",
        email="owner@on-time.example", phone="07-555-0106", website="https://on-time.example", glyph="calendar",
        summary="排班、出勤與預約。", summary_en="Rosters, attendance and bookings.",
    ),
    "open-door": VendorProfile(
        ubn="49548620", name="開門網店股份有限公司", short_name="開門網店", name_en="Open Door Commerce Co., Ltd.",
        representative="門少康", address="臺北市信義區基隆路一段 180 號 7 樓",
        email="owner@open-door.example", phone="02-5550-0107", website="https://open-door.example", glyph="shop",
        summary="陪第一次上網賣的店開張。", summary_en="Stands beside shops that go online for the first time.",
    ),
    "drop-in": VendorProfile(
        ubn="57986828", name="串門子協作有限公司", short_name="串門子協作", name_en="Drop-in Collaboration Ltd.",
        representative="許串紅", address="新竹縣竹北市台元一街 8 號 6 樓",
        email="owner@drop-in.example", phone="03-555-0108", website="https://drop-in.example", glyph="chat",
        summary="文件、簽核、會議。", summary_en="Files, approvals, meetings.",
    ),
    "iron-horse": VendorProfile(
        ubn="21759898", name="鐵馬製造雲股份有限公司", short_name="鐵馬製造雲", name_en="Iron Horse Manufacturing Cloud Co., Ltd.",
        representative="鐵正輝", address="臺中市大里區工業路 11 號",
        email="owner@iron-horse.example", phone="04-5550-0109", website="https://iron-horse.example", glyph="gear",
        summary="給中小工廠的排程、工單與機台看板。",
        summary_en="Scheduling, work orders and machine boards for small factories.",
    ),
}  # fmt: skip

LISTINGS: tuple[DemoSolution, ...] = trade.LISTINGS + ecommerce.LISTINGS + operations.LISTINGS + production.LISTINGS
