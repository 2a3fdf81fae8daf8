"""生產管理: planning, making, proving."""


from tcloud.catalog.services import Listing, PlanOffer
from tcloud.demo.listings import (
    TAIWAN,
    TAIWAN_EN,
    WEEKDAYS,
    WEEKDAYS_EN,
    DemoSolution,
)

LISTINGS: tuple[DemoSolution, ...] = (
    DemoSolution(
        "iron-horse-scheduling", "iron-horse", "scheduling",
        Listing(
            name="鐵馬排程", name_en="Iron Horse Scheduling",
            tagline="插單改期，拖一下就重排，交期馬上看得到。",
            tagline_en="A rush order is one drag away, and every delivery date moves with it.",
            description="給射出、沖壓、加工廠。機台、模具、人力一起排；業務問得到交期，現場看得到順序。",
            description_en="For moulding, stamping and machining. Machines, tools and people are planned together; sales sees "
            "the dates, the shop floor sees the order.",
            features=("scheduling", "work_orders", "bill_of_materials", "analytics"),
            highlights=("拖拉式甘特圖", "模具與人力衝突提醒", "交期試算", "現場平板看順序"),
            highlights_en=("Drag-and-drop Gantt", "Warns of tool and staff conflicts", "Delivery date trials",
                           "The order on a tablet"),
            industries=("C",), sizes=("21-100", "101-199"), integrations=("鐵馬工單",),
            integrations_en=("Iron Horse Work Orders",),
            languages=("zh-hant", "en", "vi"), support=WEEKDAYS, support_en=WEEKDAYS_EN,
            data_location=TAIWAN, data_location_en=TAIWAN_EN, glyph="gear",
        ),
        (PlanOffer(name="10 台機", name_en="10 machines", price_twd=72_000, term_months=12, users=8,
                   limits="10 台機台", limits_en="10 machines", renewal_price_twd=64_800),
         PlanOffer(name="30 台機", name_en="30 machines", price_twd=144_000, term_months=12, users=20,
                   limits="30 台機台", limits_en="30 machines")),
    ),
    DemoSolution(
        "iron-horse-orders", "iron-horse", "scheduling",
        Listing(
            name="鐵馬工單", name_en="Iron Horse Work Orders",
            tagline="掃條碼報工，進度不用走去現場問。",
            tagline_en="Scan to report; nobody walks over to ask.",
            features=("work_orders", "barcode_count", "quality", "mobile_app"),
            highlights=("掃碼開工、完工、報不良", "在製品即時位置", "工時與單價結算"),
            highlights_en=("Scan start, finish and rejects", "Where work in progress is", "Hours and piece rates"),
            industries=("C",), sizes=("5-20", "21-100"), languages=("zh-hant", "vi"), trial_days=30,
            support=WEEKDAYS, support_en=WEEKDAYS_EN, data_location=TAIWAN, data_location_en=TAIWAN_EN, glyph="gear",
        ),
        (PlanOffer(name="小廠", name_en="Small works", price_twd=30_000, term_months=12, users=10,
                   limits="每月 500 張工單", limits_en="500 orders a month"),
         PlanOffer(name="中廠", name_en="Medium works", price_twd=60_000, term_months=12, users=30,
                   limits="工單不限", limits_en="Any number of orders")),
    ),
    DemoSolution(
        "baking-recipes", "hefeng", "traceability",
        Listing(
            name="烘焙配方管家", name_en="Baking Recipe Keeper",
            tagline="明天要出幾條吐司，今晚備料單自己列好。",
            tagline_en="Say how many loaves for tomorrow; tonight's ingredient list writes itself.",
            features=("bill_of_materials", "scheduling", "stock", "expiry"),
            highlights=("配方換算與損耗", "依預購自動排生產", "過敏原標示", "每個品項的成本"),
            highlights_en=("Recipes with yield and loss", "Production from pre-orders", "Allergen labels",
                           "The cost of each product"),
            industries=("C", "I"), sizes=("1-4", "5-20"), integrations=("禾豐進銷存", "巷口點餐 POS"),
            integrations_en=("Hefeng Stock", "Alley POS"),
            languages=("zh-hant",), trial_days=30, support=WEEKDAYS, support_en=WEEKDAYS_EN,
            data_location=TAIWAN, data_location_en=TAIWAN_EN, glyph="doc",
        ),
        (PlanOffer(name="一年", name_en="One year", price_twd=16_800, term_months=12, users=4,
                   limits="300 份配方", limits_en="300 recipes", renewal_price_twd=15_120),),
    ),
    DemoSolution(
        "iron-horse-trace", "iron-horse", "traceability",
        Listing(
            name="鐵馬履歷", name_en="Iron Horse Trace",
            tagline="從原料批號到出貨箱號，三十秒查到底。",
            tagline_en="From ingredient batch to carton in thirty seconds.",
            features=("traceability", "quality", "expiry", "barcode_count"),
            highlights=("正向與反向追溯", "檢驗紀錄與照片", "召回演練報告"),
            highlights_en=("Traces both ways", "Inspections with photos", "Recall drill report"),
            industries=("C", "A"), sizes=("5-20", "21-100", "101-199"), languages=("zh-hant", "en"),
            support=WEEKDAYS, support_en=WEEKDAYS_EN, data_location=TAIWAN, data_location_en=TAIWAN_EN, glyph="shield",
        ),
        (PlanOffer(name="一年", name_en="One year", price_twd=45_000, term_months=12, users=10,
                   limits="每月 5,000 批", limits_en="5,000 batches a month"),),
    ),
    DemoSolution(
        "iron-horse-board", "iron-horse", "equipment",
        Listing(
            name="鐵馬機台看板", name_en="Iron Horse Machine Board",
            tagline="老機台也能連網，停機三分鐘就通知。",
            tagline_en="Old machines come online; a stop of three minutes sends a message.",
            features=("machine_monitoring", "analytics", "mobile_app"),
            highlights=("外掛感測器，不動控制器", "稼動率與停機原因", "異常推播"),
            highlights_en=("Clip-on sensors, controllers untouched", "Utilisation and reasons for stops", "Alerts"),
            industries=("C",), sizes=("21-100", "101-199"), languages=("zh-hant",), support=WEEKDAYS,
            support_en=WEEKDAYS_EN, data_location=TAIWAN, data_location_en=TAIWAN_EN, glyph="chart",
        ),
        (PlanOffer(name="5 台機", name_en="5 machines", price_twd=40_000, term_months=12, users=5,
                   limits="5 台機台，感測器借用", limits_en="5 machines, sensors on loan"),
         PlanOffer(name="三年", name_en="Three years", price_twd=99_000, term_months=36, users=5,
                   limits="5 台機台，感測器借用", limits_en="5 machines, sensors on loan")),
    ),
)  # fmt: skip
