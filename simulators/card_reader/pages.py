"""The component's pages: the relay popup, its self-test, and the desk where cards are changed."""


from html import escape
from typing import Any, Final

from simulators.card_reader.state import CARD_TROUBLES, TRIES, Desk, Trouble
from simulators.certificate_authority.pki import Authority, CardSpec


def _page(title: str, body: str, *, script: str = "", body_class: str = "") -> str:
    return f"""<!doctype html>
<html lang="zh-Hant-TW"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><link rel="stylesheet" href="/static/reader.css">{script}</head>
<body class="{body_class}">{body}</body></html>"""


POPUP: Final = _page(
    "跨平台網頁元件",
    '<div><div class="spinner"></div><p role="status">正在讀取卡片，完成後這個視窗會自己關上。<br><small lang="en">Reading the card. This window closes by itself.</small></p>'
    '<p data-alone hidden>這個視窗要由網站開啟，請關閉它。<br><small lang="en">Only a site can open this window.</small></p></div>',
    script='<script type="module" src="/static/popup.js"></script>',
    body_class="popup",
)

SHUT: Final = _page("跨平台網頁元件", "", script='<script type="module" src="/static/shut.js"></script>')

TROUBLES: Final[dict[Trouble, tuple[str, str]]] = {
    Trouble.NONE: ("一切正常", "Nothing is wrong"),
    Trouble.COMPONENT_MISSING: ("沒裝元件", "Component missing"),
    Trouble.OLD_VERSION: ("元件版本太舊", "Old version, signs without nonce"),
    Trouble.LOOPBACK_REFUSED: ("瀏覽器不准連本機", "Permission for loopback refused: no picture"),
    Trouble.UNTRUSTED_SITE: ("網站未加入信任", "Site not on the trusted list"),
    Trouble.NO_READER: ("沒接讀卡機", "No reader"),
    Trouble.TWO_READERS: ("兩台讀卡機", "Two readers, card in the second"),
    Trouble.NO_CARD: ("沒插卡", "No card"),
    Trouble.LOCKED: ("卡片鎖住", "Card locked"),
    Trouble.EXPIRED: ("憑證到期", "Expired, refused by the component"),
    Trouble.EXPIRED_UNCHECKED: ("憑證到期，元件沒擋", "Expired, signed all the same"),
    Trouble.NOT_YET_VALID: ("憑證尚未生效", "Not yet valid"),
    Trouble.REVOKED: ("憑證已廢止", "Revoked"),
    Trouble.PERSON: ("插了自然人憑證", "A person's card"),
    Trouble.SECONDARY: ("附卡", "The company's secondary card"),
    Trouble.FORGED: ("偽造的憑證", "Forged: same names, other root"),
    Trouble.ENCRYPTION_ONLY: ("沒有簽章憑證", "Encryption certificate only"),
    Trouble.SLOW: ("讀得很慢", "Slow (8 s)"),
    Trouble.POPUP_BLOCKED: ("小視窗被擋", "Popup blocked: shut at once"),
    Trouble.USER_CLOSES: ("使用者關掉視窗", "User closes the window"),
    Trouble.CANCELLED: ("使用者按取消", "User cancels"),
    Trouble.TIMEOUT: ("元件逾時", "Component times out"),
}
HIDDEN_CARDS: Final = {"person", "secondary", "forged"}
"""Chosen as a trouble, not as a card."""


def index(authority: Authority, desk: Desk) -> str:
    """Which card is in the reader, and what goes wrong."""
    specs = {card_id: authority.spec(card_id) for card_id in authority.card_ids()}
    suffixes = tuple(f"-{trouble}" for trouble in CARD_TROUBLES)
    shown = {
        key: spec for key, spec in specs.items() if key not in HIDDEN_CARDS and not key.endswith(suffixes)
    }
    cards = "".join(
        _card(key, spec, desk) for key, spec in sorted(shown.items(), key=lambda item: item[1].card_number)
    )
    troubles = "".join(_trouble(trouble, desk) for trouble in Trouble)
    chosen = shown.get(desk.card)
    name = escape(chosen.name) if chosen else "（空）"
    facts = (
        f"PIN {escape(chosen.pin)}・{escape(chosen.ubn)}・卡號 {escape(chosen.card_number)}" if chosen else ""
    )
    lamp = "lamp" if desk.trouble is Trouble.NONE else "lamp off"
    used = sum(1 for count in desk.wrong_pins.values() if count)
    body = f"""<header><div><p class="mark">示範用的讀卡機 <span lang="en">Virtual card reader, demonstration only</span></p>
<h1>讀卡機裡是哪一張卡？ <small lang="en">Which card is in the reader?</small></h1>
<div class="now"><span class="{lamp}"></span><b>{name}</b><span>{facts}<br>狀況：{TROUBLES[desk.trouble][0]} <small lang="en">{TROUBLES[desk.trouble][1]}</small></span></div></div></header>
<main><h2>狀況 <small lang="en">What goes wrong</small></h2><form method="post" action="/choose" class="troubles">{troubles}</form>
<h2>換一張卡 <small lang="en">Change the card</small></h2><form method="post" action="/choose" class="cards">{cards}</form>
<h2>其他 <small lang="en">More</small></h2>
<form method="post" action="/choose"><p>連續輸錯 {TRIES} 次會鎖卡；現在有 {used} 張卡輸錯過。</p><button class="plain" name="unlock" value="1">全部解鎖 <small lang="en">Unlock all</small></button></form>
<p><a href="/selfTest.htm">元件自我檢測 <span lang="en">Self-test</span></a></p></main>"""
    return _page("示範讀卡機", body)


def _card(card_id: str, spec: CardSpec, desk: Desk) -> str:
    wrong = desk.wrong_pins.get(card_id, 0)
    state = "已鎖住" if spec.locked or wrong >= TRIES else f"PIN 輸錯 {wrong} 次" if wrong else ""
    note = f'<small class="bad">{state}</small>' if state else ""
    return (
        f'<button name="card" value="{escape(card_id)}" aria-pressed="{str(card_id == desk.card).lower()}">'
        f"{escape(spec.name)}<small>{escape(spec.ubn)}・{escape(spec.card_number)}・PIN {escape(spec.pin)}</small>{note}</button>"
    )


def _trouble(trouble: Trouble, desk: Desk) -> str:
    label, english = TROUBLES[trouble]
    return (
        f'<button name="trouble" value="{trouble}" aria-pressed="{str(trouble is desk.trouble).lower()}">'
        f'{label}<small lang="en">{english}</small></button>'
    )


def self_test(facts: dict[str, Any]) -> str:
    """What the component finds in readers and cards."""
    rows = [
        ("元件版本", facts["version"]),
        ("服務版本", facts["serverVersion"]),
        ("讀卡機", f"{len(facts['slots'])} 台"),
    ]
    for slot in facts["slots"]:
        token = slot["token"]
        rows.append(
            (slot["slotDescription"], f"{token['label']}・{token['serialNumber']}" if token else "沒有卡片")
        )
        rows += [
            (row["usage"], f"{row['subjectDN']}（至 20{row['notAfter'][:6]}）")
            for row in (token or {}).get("certs", [])
        ]
    listed = "".join(f"<dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd>" for name, value in rows)
    body = f'<main><h1>元件自我檢測 <small lang="en">Self-test</small></h1><dl>{listed}</dl><p><a href="/">換卡片或狀況</a></p></main>'
    return _page("元件自我檢測", body)


def add_domain(site: str, *, done: bool) -> str:
    """Ask the person at the computer whether a site may use the card."""
    name = escape(site)
    if done:
        words = f'<p role="status">已信任 <b>{name}</b>，可以關閉這個視窗。<br><small lang="en">Trusted. You can close this window.</small></p>'
    else:
        words = f'<p>要讓 <b>{name}</b> 使用您的卡片嗎？<br><small lang="en">Let this site use your card?</small></p><form method="post"><button class="plain">信任這個網站 <small lang="en">Trust it</small></button></form>'
    return _page("信任的網站", f"<main><h1>信任的網站</h1>{words}</main>")
