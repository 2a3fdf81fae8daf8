"""The gateway's pages, from the files in `templates/`; texts from outside are escaped."""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from simulators.ecpay.config import Merchant
from simulators.ecpay.settlement import BANKS, stamp
from simulators.ecpay.store import Trade

TEST_CARDS = ("4311952222222222", "4311951111111111", "4000201111111111")


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / "templates" / f"{name}.html").read_text(encoding="utf-8"))


def part(template: str, /, **values: str) -> str:
    """A piece of a page; values are HTML already."""
    return _template(template).substitute(values)


def page(title: str, body: str, *, script: bool = False, wide: bool = False) -> str:
    """The frame around every page."""
    tag = '<script src="/static/return.js" defer></script>' if script else ""
    return part("page", title=escape(title), body=body, script=tag, width="wide" if wide else "narrow")


def _facts(trade: Trade, merchant: Merchant) -> str:
    return part(
        "facts",
        shop=escape(merchant.name),
        items="<br>".join(escape(item) for item in trade.request["ItemName"].split("#")),
        number=escape(trade.merchant_trade_no),
        amount=f"{trade.amount:,}",
    )


def _problem(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""


def _back(trade: Trade, words: str) -> str:
    url = trade.request.get("ClientBackURL", "")
    return f'<p class="back"><a href="{escape(url)}">{words}</a></p>' if url else ""


def checkout(trade: Trade, merchant: Merchant, methods: tuple[str, ...], problem: str = "") -> str:
    """Choose how to pay."""
    cards = "、".join("-".join((c[:4], c[4:8], c[8:12], c[12:])) for c in TEST_CARDS)
    banks = "".join(f'<option value="{key}">{code} {name}</option>' for key, (code, name) in BANKS.items())
    forms = {
        "Credit": part("card", token=trade.token, cards=cards),
        "WebATM": part("webatm", token=trade.token, banks=banks),
    }
    back = _back(trade, "不付款，返回商店")
    offered = "".join(forms[method] for method in methods) or _problem("這筆訂單沒有可用的付款方式。")
    return page("付款", f"<h1>付款</h1>{_facts(trade, merchant)}{_problem(problem)}{offered}{back}")


def otp(trade: Trade, merchant: Merchant, problem: str = "") -> str:
    """The card's bank asks who is paying."""
    facts = _facts(trade, merchant)
    return page("3D 驗證", part("otp", facts=facts, problem=_problem(problem), token=trade.token))


def bank(trade: Trade, merchant: Merchant) -> str:
    """The bank's own page for a Web ATM transfer."""
    code, name = BANKS[trade.extra["bank"]]
    facts = _facts(trade, merchant)
    return page("網路 ATM", part("bank", facts=facts, token=trade.token, code=code, name=name))


def result(trade: Trade, merchant: Merchant, fields: Mapping[str, str]) -> str:
    """How it ended, and the way back: a cross-site form post to OrderResultURL, or the plain link."""
    good = trade.rtn_code == "1"
    title = "付款完成" if good else "付款沒有成功"
    url = "" if trade.no_return else trade.request.get("OrderResultURL", "")
    way_back = _back(trade, "返回商店")
    if trade.no_return:
        way_back = '<p class="hint">瀏覽器在這裡斷線：付款人不會回到商店。</p>'
    elif url:
        way_back = _return_form(url, fields)
    body = part(
        "result",
        tone="good" if good else "bad",
        title=title,
        facts=_facts(trade, merchant),
        trade_no=trade.trade_no,
        at=stamp(trade.paid()),
        message=escape(trade.rtn_msg),
        code=escape(trade.rtn_code),
        way_back=way_back,
    )
    return page(title, body, script=bool(url))


def _return_form(url: str, fields: Mapping[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form id="return" method="post" action="{escape(url)}">{hidden}<button>返回商店</button></form>'


def refused(code: str, message: str) -> str:
    """The order was not established."""
    return page("訂單不成立", part("refused", code=escape(code), message=escape(message)))


def maintenance() -> str:
    """Nobody is served."""
    body = '<h1 class="bad">系統維護中</h1><p>現在不能付款，請稍後再試。訂單不受影響。</p>'
    return page("系統維護", body)
