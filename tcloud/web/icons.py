"""Every icon, drawn on a 24 px grid; the template tag wraps one into its SVG element."""

_PERSON = '<circle cx="12" cy="8" r="4"/><path d="M4 21c.7-4.3 3.7-6.5 8-6.5s7.3 2.2 8 6.5"/>'
_RING = '<circle cx="12" cy="12" r="9.5"/>'

ICONS: dict[str, str] = {
    "search": '<circle cx="10.5" cy="10.5" r="7"/><path d="m16 16 5.5 5.5"/>',
    "shop": '<path d="M4 10v11h16V10M3 4h18l1 5a3 3 0 0 1-5.5 0 3.3 3.3 0 0 1-4.5 0 3.3 3.3 0 0 1-4.5 0A3 3 0 0 1 2 9z"/>',
    "menu": '<path d="M3.5 6.5h17M3.5 12h17m-17 5.5h17"/>',
    "next": '<path d="M5 12h14m-6-6 6 6-6 6"/>',
    "wait": f'{_RING}<path d="M12 6.5V12l3.5 2.5"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "computer": '<path d="M3 4h18v12H3zM8 20.5h8M12 16v4.5"/>',
    "download": '<path d="M12 3v12m-5-5 5 5 5-5M4 20.5h16"/>',
    "mail": '<path d="M2.5 5h19v14h-19z"/><path d="m3 6 9 7 9-7"/>',
    "ok": f'{_RING}<path d="m7.5 12.5 3 3 6-6.5"/>',
    "bad": f'{_RING}<path d="m8.5 8.5 7 7m0-7-7 7"/>',
    "info": f'{_RING}<path d="M12 11v6m0-9.5v.2"/>',
    "person": _PERSON,
    "filter": '<path d="M3 6h18M6.5 12h11m-7.5 6h4"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "doc": '<path d="M6 2.5h8l5 5v14H6z"/><path d="M14 2.5v5h5M9 13h7m-7 4h7"/>',
    "talk": '<path d="M3 5h18v12h-9l-5 4v-4H3z"/>',
    "help": f'{_RING}<path d="M9.3 9.3a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.2 1-1.2 2v.3m0 3v.1"/>',
    "warn": '<path d="M12 3 1.8 20.5h20.4z"/><path d="M12 9.5v5m0 2.8v.2"/>',
    "down": '<path d="m6 9 6 6 6-6"/>',
}
