
"""What the scores mean, in the words of somebody at the counter: one headline, and advice per topic and level."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from tcloud.assessments.questions import Topic
from tcloud.assessments.rules import Level, level, weakest_first

# How a headline names what to do about a topic.
_TO_DO: dict[Topic, str | Promise] = {
    Topic.OPERATIONS: _("理順帳和存貨"),
    Topic.SCHEDULING: _("把班表和進度排清楚"),
    Topic.REMOTE: _("讓人在外面也能做事"),
    Topic.COLLABORATION: _("把文件和簽核搬上線"),
    Topic.SECURITY: _("補資訊安全"),
    Topic.SALES: _("打通銷售通路"),
    Topic.MARKETING: _("顧老客人"),
}

ADVICE: dict[tuple[Topic, Level], str | Promise] = {
    (Topic.OPERATIONS, Level.LOW): _(
        "先挑一件最花時間的事交給系統：每天的發票，或月底的盤點。一件上軌道，再做下一件。"
    ),
    (Topic.OPERATIONS, Level.MIDDLING): _("資料已經在電腦裡，只是各放各的。選能互相串接的系統，同一個數字不要打兩次。"),
    (Topic.OPERATIONS, Level.GOOD): _("帳和存貨都跟得上。下一步看毛利：哪些品項真的賺錢。"),
    (Topic.SCHEDULING, Level.LOW): _("先把下週的班表或工單寫成大家都看得到的一張表，再交給系統排。"),
    (Topic.SCHEDULING, Level.MIDDLING): _("排得出來，但改一次要通知很多人。讓同事自己在手機上看和換。"),
    (Topic.SCHEDULING, Level.GOOD): _("排程清楚。可以開始量：排的和實際做的差多少。"),
    (Topic.REMOTE, Level.LOW): _("從三份最常用的檔案開始放上雲端，人不在也能答客人。"),
    (Topic.REMOTE, Level.MIDDLING): _(
        "一半在雲端、一半在公司，最容易改錯版本。把還在公司的那一半也搬上去，並設好權限。"
    ),
    (Topic.REMOTE, Level.GOOD): _("在哪裡都能做事。記得每季看一次：離職的人還進得來嗎。"),
    (Topic.COLLABORATION, Level.LOW): _("先把請假和請款改成線上送，主管在外面也能核准，一週就看得到差別。"),
    (Topic.COLLABORATION, Level.MIDDLING): _("檔案和對話散在各處。選一個地方當正本，其他只放連結。"),
    (Topic.COLLABORATION, Level.GOOD): _("協作順。可以把常用的流程寫成範本，新人第一天就會。"),
    (Topic.SECURITY, Level.LOW): _("先做兩件：每天自動備份、一人一組帳號。這兩件最便宜，也最救命。"),
    (Topic.SECURITY, Level.MIDDLING): _("有備份也有帳號，差在沒練習。試著還原一次，再把兩步驟驗證打開。"),
    (Topic.SECURITY, Level.GOOD): _("基本功扎實。每年請人從外面看一次，找自己看不到的洞。"),
    (Topic.SALES, Level.LOW): _("先讓結帳快、訂單不漏：一台收銀，一個收單的地方。"),
    (Topic.SALES, Level.MIDDLING): _("通路多了，庫存要變一份。先連起最大的兩個通路。"),
    (Topic.SALES, Level.GOOD): _("收得順、看得到。可以試新的通路，一次一個，看三個月。"),
    (Topic.MARKETING, Level.LOW): _("先留下客人的聯絡方式，集點最不打擾人。"),
    (Topic.MARKETING, Level.MIDDLING): _("名單有了，換成看得懂的三群：常來的、快不來的、新來的。"),
    (Topic.MARKETING, Level.GOOD): _("認得老客人。把預算放在最常回來的那一群。"),
}


def advice_for(topic: Topic, score: int) -> str:
    """What to do next in a topic."""
    return str(ADVICE[(topic, level(score))])


def _weakest_first(scores: Mapping[str, int]) -> list[str]:
    """Equal scores keep the questionnaire's order; a JSON column does not keep it for us."""
    return weakest_first({topic: scores[topic] for topic in Topic.values if topic in scores})


def headline(scores: Mapping[str, int]) -> str:
    """The answer in one line: the two topics to begin with."""
    weak = [topic for topic in _weakest_first(scores) if level(scores[topic]) is not Level.GOOD]
    if not weak:
        return translate("七個主題都上軌道了")
    first = str(_TO_DO[Topic(weak[0])])
    if len(weak) == 1:
        return translate("只差一件：%(first)s") % {"first": first}
    return translate("先%(first)s，再%(second)s") % {"first": first, "second": str(_TO_DO[Topic(weak[1])])}


def summary(scores: Mapping[str, int]) -> str:
    """One sentence below the headline: what is fine already, and where to begin."""
    order = _weakest_first(scores)
    weakest, strongest = Topic(order[0]).label, Topic(order[-1]).label
    if level(scores[order[-1]]) is Level.GOOD:
        return translate("「%(strong)s」已經上軌道。最該先做的是「%(weak)s」，一次做一件就好。") % {
            "strong": strongest, "weak": weakest,
        }  # fmt: skip
    return translate("最該先做的是「%(weak)s」，一次做一件就好。下面是為您挑的方案和理由。") % {"weak": weakest}
