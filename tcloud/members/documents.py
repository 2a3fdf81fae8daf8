"""The texts a company agrees to, by version. A published version is never edited; a new one is added.

The words are drafted for this platform; an operator replaces them by its own before going live.
"""

from dataclasses import dataclass
from hashlib import sha256

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Document:
    """One consent or declaration: a title and the paragraphs exactly as shown."""

    key: str
    version: int
    title: str | Promise
    paragraphs: tuple[str | Promise, ...]

    def text(self) -> str:
        """The exact text in the language being read."""
        return "\n\n".join([str(self.title), *map(str, self.paragraphs)])

    def digest(self) -> str:
        """SHA-256 of the exact text shown, hex."""
        return sha256(self.text().encode()).hexdigest()


TERMS = Document(
    "terms",
    2,
    _("服務使用暨個資同意條款"),
    (
        _("一、我們蒐集什麼：公司名稱、統一編號、登記地址與負責人、聯絡人姓名、E-mail 與電話、自評表的回答，以及訂單、契約與付款紀錄。"),
        _("二、用在哪裡：確認申請資格、核發與使用點數、成立與履行訂單、客戶服務，以及依法必要的查核與統計。"),
        _("三、給誰看：您下單的資訊服務廠商只看得到該筆訂單需要的資料；主辦單位與稽核人員依職務查閱，每次查閱都留下紀錄。"),
        _("四、保存多久：契約、點數與付款紀錄依法保存；其餘資料在計畫結束後刪除。"),
        _("五、您的權利：您可以打客服電話或寫信，查詢、更正、取得自己的資料，也可以撤回同意。撤回後查詢立即停止，未核定的申請就此結束，已簽的契約與依法保存的紀錄不受影響。"),
        _("六、同意的方式：我們留存您看到的全文、版本、時間與連線位址，作為日後證明。"),
    ),
)
QUERIES = Document(
    "queries",
    2,
    _("授權資料查詢"),
    (
        _("本公司授權管理單位為了審核資格，查詢公司登記、商業登記與稅籍登記資料。每次查詢都記下來源、時間與結果，可以向客服查閱。"),
    ),
)
ELIGIBILITY = Document(
    "eligibility",
    1,
    _("資格聲明"),
    (
        _("本公司符合中小企業認定標準，沒有欠稅，也沒有違反法律規定的情事。"),
        _("本公司沒有執行政府計畫的重大違約紀錄。"),
        _("本公司不是陸資企業，也不是外國營利事業在臺設立的分公司。"),
        _("本公司沒有獲得經濟部相關數位轉型補助或輔導計畫。"),
        _("以上聲明如有不實，本公司同意返還已使用的點數金額。"),
    ),
)
DECLARATIONS = (QUERIES, ELIGIBILITY)
