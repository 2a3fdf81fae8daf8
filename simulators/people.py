
"""Who lives in the demonstration: companies and vendors with their cards. Pure data; all invented.

Every 統一編號 satisfies the check digit in force since 2023; names, persons, addresses belong to nobody. The card
reader, the certificate authority and the company registry read this one table, so they agree on every fact.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class CardState(StrEnum):
    """What is wrong with a holder's card; GOOD for most."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    LOCKED = "locked"


class Kind(StrEnum):
    """What the register says the holder is."""

    COMPANY = "company"
    BUSINESS = "business"
    """行號: a sole trader or partnership."""
    BRANCH = "branch"
    """分公司"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A company or vendor with a 工商憑證 card in the drawer."""

    key: str
    """Short name for scripts; for vendors the same key the demonstration catalogue uses."""
    ubn: str
    name: str
    name_en: str
    representative: str
    address: str
    capital_twd: int
    """Registered capital; `paid_in_twd` is what eligibility looks at."""
    paid_in_twd: int
    employees: int
    """Average insured over the last twelve months."""
    setup_date: date
    industry: str
    """Letter of the standard industrial classification."""
    card_number: str
    """Sixteen characters; MT is the newer series, MG the older."""
    pin: str = "123456"
    kind: Kind = Kind.COMPANY
    card: CardState = CardState.GOOD
    generation: int = 3
    """Which of the authority's two generations of one name issued the card."""
    key_kept: bool = True
    """For vendors: whether the platform keeps a certificate that signs for it; the others use their card."""


COMPANIES: tuple[Holder, ...] = (
    Holder("sunrise", "12345675", "晨光烘焙有限公司", "Sunrise Bakery Ltd.", "林晨光",
           "臺北市大同區延平北路二段 118 號 1 樓", 3_000_000, 3_000_000, 8, date(2016, 3, 14), "C", "MT00120000004175"),
    Holder("coastline", "52831044", "海線貨運有限公司", "Coastline Freight Ltd.", "陳海生",
           "臺中市梧棲區臺灣大道十段 52 號", 25_000_000, 25_000_000, 46, date(2009, 8, 3), "H", "MT00120000008832"),
    Holder("twin-brooks", "24468011", "雙溪茶業有限公司", "Twin Brooks Tea Ltd.", "葉雙喜",
           "新北市雙溪區中正路 27 號", 5_000_000, 5_000_000, 12, date(2013, 11, 20), "G", "MG00070000001264",
           generation=2),
    Holder("great-mould", "80173263", "宏大模具股份有限公司", "Great Mould Co., Ltd.", "黃宏達",
           "桃園市龜山區文化一路 301 號", 120_000_000, 120_000_000, 96, date(1998, 5, 27), "C", "MT00120000010077"),
    Holder("giant-steel", "33509272", "鉅鋼精密股份有限公司", "Giant Steel Precision Co., Ltd.", "吳鉅民",
           "高雄市小港區中鋼路 6 號", 880_000_000, 760_000_000, 512, date(1989, 2, 9), "C", "MT00120000010513"),
    Holder("old-lane", "70921583", "老巷茶飲行", "Old Lane Tea Stand", "許巧玲",
           "臺南市中西區神農街 43 號", 200_000, 200_000, 3, date(2020, 6, 1), "I", "MT00120000011908", kind=Kind.BUSINESS),
    Holder("harbour-branch", "41288034", "海線貨運有限公司高雄分公司", "Coastline Freight Ltd., Kaohsiung Branch", "陳海生",
           "高雄市前鎮區擴建路 1 號", 0, 0, 9, date(2017, 10, 12), "H", "MT00120000012246", kind=Kind.BRANCH),
    Holder("starlight", "66057144", "星河印刷有限公司", "Starlight Printing Ltd.", "蘇星河",
           "嘉義市西區民生北路 88 號", 8_000_000, 8_000_000, 21, date(2004, 4, 30), "C", "MG00060000000731",
           card=CardState.EXPIRED, generation=2),
    Holder("blue-door", "19872434", "藍門民宿有限公司", "Blue Door Guesthouse Ltd.", "潘素蘭",
           "花蓮縣花蓮市節約街 12 號", 2_000_000, 2_000_000, 5, date(2018, 7, 16), "I", "MT00120000013359",
           card=CardState.REVOKED),
    Holder("first-light", "55203692", "初日生技有限公司", "First Light Biotech Ltd.", "鄭曉初",
           "新竹市東區光復路二段 101 號", 10_000_000, 10_000_000, 14, date(2026, 9, 1), "M", "MT00130000000042",
           card=CardState.NOT_YET_VALID),
    Holder("quiet-pond", "28347611", "靜塘設計有限公司", "Quiet Pond Design Ltd.", "宋靜宜",
           "臺北市大安區和平東路一段 75 號 4 樓", 1_000_000, 1_000_000, 4, date(2021, 1, 25), "M", "MT00120000014480",
           card=CardState.LOCKED),
    Holder("green-field-farm", "90136524", "綠野農產有限公司", "Green Field Produce Ltd.", "邱綠野",
           "雲林縣西螺鎮延平路 209 號", 6_000_000, 6_000_000, 18, date(2011, 9, 6), "A", "MT00120000015127", pin="246810"),
    Holder("mountain-gear", "44712082", "登高戶外用品股份有限公司", "Summit Outdoor Co., Ltd.", "高登峰",
           "臺中市西屯區文心路三段 155 號", 30_000_000, 28_000_000, 63, date(2007, 12, 18), "G", "MT00120000015993"),
    # Its name has characters outside the common set: contracts must print them all the same.
    Holder("rare-name", "36180950", "𡍼厝堃記豆腐坊有限公司", "Tucuo Kun-Ji Tofu Ltd.", "𡍼文堃",
           "彰化縣鹿港鎮中山路 330 號", 1_500_000, 1_500_000, 6, date(2015, 5, 5), "C", "MT00120000016604"),
)

VENDORS: tuple[Holder, ...] = (
    Holder("daolang", "28246281", "稻浪軟體股份有限公司", "Daolang Software Co., Ltd.", "賴稻軒",
           "臺南市東區東門路三段 253 號 9 樓", 20_000_000, 20_000_000, 34, date(2012, 6, 11), "J", "MT00110000000106", pin="654321"),
    Holder("goodday", "83212233", "好日科技有限公司", "Goodday Technology Ltd.", "周好真",
           "新北市板橋區縣民大道二段 7 號 16 樓", 50_000_000, 42_000_000, 88, date(2005, 10, 3), "J", "MT00110000000322", pin="654321"),
    Holder("greenfield", "88599528", "青田互動股份有限公司", "Greenfield Interactive Co., Ltd.", "方青田",
           "臺北市大安區青田街 16 號", 6_000_000, 6_000_000, 15, date(2014, 2, 17), "J", "MT00110000000438", pin="654321"),
    Holder("hefeng", "96245957", "禾豐雲端股份有限公司", "Hefeng Cloud Co., Ltd.", "江禾豐",
           "臺中市南屯區公益路二段 51 號 5 樓", 12_000_000, 12_000_000, 27, date(2008, 3, 24), "J", "MT00110000000214", pin="654321",
           key_kept=False),
    Holder("gatekeeper", "41547280", "守門資安股份有限公司", "Gatekeeper Security Co., Ltd.", "石守門",
           "臺北市內湖區瑞光路 513 巷 26 號 6 樓", 60_000_000, 55_000_000, 120, date(2003, 1, 15), "J", "MG00050000000871", pin="654321", generation=2),
    Holder("on-time", "84395755", "準點資訊有限公司", "On-Time Information Ltd.", "簡準",
           "高雄市苓雅區四維三路 33 號 8 樓", 5_000_000, 5_000_000, 11, date(2017, 4, 5), "J", "MT00110000000655", pin="654321"),
    Holder("open-door", "49548620", "開門網店股份有限公司", "Open Door Commerce Co., Ltd.", "門少康",
           "臺北市信義區基隆路一段 180 號 7 樓", 35_000_000, 30_000_000, 52, date(2010, 9, 9), "J", "MT00110000000547", pin="654321"),
    Holder("drop-in", "57986828", "串門子協作有限公司", "Drop-in Collaboration Ltd.", "許串紅",
           "新竹縣竹北市台元一街 8 號 6 樓", 4_000_000, 4_000_000, 9, date(2019, 8, 26), "J", "MT00110000000763", pin="654321"),
    Holder("iron-horse", "21759898", "鐵馬製造雲股份有限公司", "Iron Horse Manufacturing Cloud Co., Ltd.", "鐵正輝",
           "臺中市大里區工業路 11 號", 15_000_000, 15_000_000, 29, date(2006, 11, 28), "J", "MT00110000000989", pin="654321"),
)

EVERYBODY: tuple[Holder, ...] = COMPANIES + VENDORS


def holder(ubn: str) -> Holder | None:
    """The demonstration's company or vendor with this 統一編號."""
    return next((person for person in EVERYBODY if person.ubn == ubn), None)
