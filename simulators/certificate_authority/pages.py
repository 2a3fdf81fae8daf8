"""The authority's one page, for people."""


from datetime import datetime
from html import escape

from simulators.certificate_authority.names import CLASS_OF_KIND
from simulators.certificate_authority.pki import Authority
from simulators.certificate_authority.switches import Behaviour

SERVICE_NAMES = {
    "ocsp": ("線上憑證狀態查詢", "OCSP"),
    "crl": ("憑證廢止清冊", "CRL"),
    "tsa": ("時戳服務", "Time stamps, RFC 3161"),
}
BEHAVIOUR_NAMES = {
    Behaviour.OK: ("正常", "works"),
    Behaviour.DOWN: ("停擺", "down (503)"),
    Behaviour.SLOW: ("很慢", "slow"),
    Behaviour.WRONG_SIGNATURE: ("簽章錯誤", "lies: wrong signature"),
    Behaviour.STALE: ("過時的答案", "lies: stale answer"),
}
KIND_NAMES = dict(zip(CLASS_OF_KIND, ("公司", "分公司", "行號", "自然人", "政府機關"), strict=True))


def index(authority: Authority, switches: dict[str, Behaviour], now: datetime) -> str:
    """Switches of the services, and every card with its state."""
    services = "".join(_service(name, switches[name]) for name in SERVICE_NAMES)
    cards = "".join(_card(authority, card_id, now) for card_id in authority.card_ids())
    return f"""<!doctype html>
<html lang="zh-Hant-TW"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>示範憑證管理中心</title><link rel="stylesheet" href="/static/ca.css"></head>
<body><header><p class="mark">示範用，不是真的憑證 <span lang="en">Demonstration only</span></p>
<h1>示範憑證管理中心 <small lang="en">Certificate authority</small></h1>
<p>這裡扮演工商憑證管理中心：發卡、查廢止、蓋時戳。現在時間 <time>{now:%Y-%m-%d %H:%M} UTC</time>，跟著示範時鐘走。</p></header>
<main><section><h2>三項服務 <small lang="en">Services</small></h2><div class="services">{services}</div></section>
<section><h2>發出的卡片 <small lang="en">Cards</small></h2>
<table><thead><tr><th>持卡人</th><th>類別</th><th>發卡單位</th><th>效期</th><th>狀態</th><th></th></tr></thead>
<tbody>{cards}</tbody></table>
<p class="hint">再發一張 <span lang="en">Issue another</span>：
<code>python -m simulators.certificate_authority issue --ubn 24536806 --name 測試有限公司</code></p></section>
<section><h2>憑證與清冊 <small lang="en">Files</small></h2><p class="files"><a href="/root.crt">root.crt</a>
<a href="/ca/moeaca-g3.crt">moeaca-g3.crt</a> <a href="/ca/moeaca-g2.crt">moeaca-g2.crt</a> <a href="/ca/moica.crt">moica.crt</a>
<a href="/ca/tsa.crt">tsa.crt</a> <a href="/crl/root-complete.crl">root-complete.crl</a>
<a href="/crl/moeaca-g3-complete.crl">moeaca-g3-complete.crl</a>
<a href="/crl/moeaca-g2-complete.crl">moeaca-g2-complete.crl</a></p></section></main></body></html>"""


def _service(name: str, current: Behaviour) -> str:
    title, english = SERVICE_NAMES[name]
    choices = "".join(
        f'<button name="{name}" value="{behaviour}" aria-pressed="{str(behaviour is current).lower()}">{label}'
        f' <small lang="en">{meaning}</small></button>'
        for behaviour, (label, meaning) in BEHAVIOUR_NAMES.items()
    )
    return (
        f'<form method="post" action="/switch"><h3>{title} <small lang="en">{english}</small></h3>'
        f'<div class="choices">{choices}</div></form>'
    )


def _card(authority: Authority, card_id: str, now: datetime) -> str:
    card = authority.card(card_id)
    certificate = card.certificate
    revoked = certificate.serial_number in authority.revocations()
    if revoked:
        state, mark = "已廢止", "bad"
    elif now > certificate.not_valid_after_utc:
        state, mark = "已到期", "bad"
    elif now < certificate.not_valid_before_utc:
        state, mark = "尚未生效", "bad"
    else:
        state, mark = "有效", "ok"
    verb, label = ("unrevoke", "恢復") if revoked else ("revoke", "廢止")
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    rank = "・附卡" if card.spec.rank == "secondary" else ""
    special = "" if card_id == card.spec.ubn else f"・{escape(card_id)}"
    return (
        f"<tr><td><b>{escape(card.spec.name)}</b><br><small>{escape(card.spec.ubn)}・{escape(card.spec.card_number)}{special}</small></td>"
        f"<td>{KIND_NAMES[card.spec.kind]}{rank}</td><td>{card.spec.issuer}</td>"
        f"<td>{start:%Y-%m-%d}<br>{end:%Y-%m-%d}</td>"
        f'<td><span class="tag {mark}">{state}</span></td><td><form method="post" action="/switch">'
        f'<button name="{verb}" value="{escape(card_id)}">{label} <small lang="en">{verb}</small></button></form></td></tr>'
    )
