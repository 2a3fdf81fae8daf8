"""Pictures of the main pages at phone and desk-top width, in Chinese and English, of a demonstration of its own: `make screenshots`.

They go into screenshots/ (git-ignored). `--readme` makes the three small ones of the README anew.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "screenshots"
README = ROOT / "docs" / "pictures"
WIDTHS = {"1280": (1280, 900), "390": (390, 844)}
LANGUAGES = {"en": "-en", "zh-hant": ""}
"""Each with what stands at the end of a picture's name; the one that is read on in comes last."""
# Name, who looks, where; an address ending in "*" is the first link on the page before it.
PAGES = [
    ("home", "visitor", "/"),
    ("solutions", "visitor", "/solutions/"),
    ("solution", "visitor", "/solutions/*"),
    ("join", "visitor", "/join/"),
    ("login", "visitor", "/accounts/login/"),
    ("card-check", "visitor", "/card-check/"),
    ("card-sign-in", "visitor", "/accounts/card/"),
    ("verify", "visitor", "/contracts/verify/"),
    ("rules", "visitor", "/rules/"),
    ("member", "company", "/member/"),
    ("points", "company", "/member/points/"),
    ("notices", "company", "/member/notices/"),
    ("records", "company", "/member/records/"),
    ("orders", "company", "/member/orders/"),
    ("order", "company", "/member/orders/*"),
    ("vendor", "vendor", "/vendor/orders/"),
    ("vendor-order", "vendor", "/vendor/orders/*"),
    ("office", "office", "/office/"),
    ("budget", "office", "/office/points/budget/"),
    ("waiting", "office", "/office/points/waiting/?call=115-0"),
    ("grants", "office", "/office/points/grants/"),
    ("grant", "office", "/office/points/grants/115-1/52831044/"),
    ("decisions", "office", "/office/points/decisions/"),
    ("calls", "office", "/office/calls/"),
    ("draft", "office", "/office/calls/115-1/draft/"),
    ("calendar", "office", "/office/calendar/"),
    ("clock", "office", "/demo/clock/"),
]
IN_README = ("home", "solutions", "order")


def main() -> None:
    """Start a demonstration, look at every page at both widths, and stop it."""
    sys.path.insert(0, str(ROOT))
    from tests.browser.product import running_product
    from tests.browser.walk import chromium, chromium_path, sign_in

    if chromium_path() is None:
        raise SystemExit("Chromium is missing: apt-get install chromium, or CHROMIUM=/path/to/chromium")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_product(Path(folder)) as product, chromium() as browser:
        for who in dict.fromkeys(person for _name, person, _path in PAGES):
            context = browser.new_context(locale="zh-TW")
            page = context.new_page()
            sign_in(page, product, who)
            for name, _who, path in (entry for entry in PAGES if entry[1] == who):
                page.set_viewport_size({"width": 1280, "height": 900})
                page.goto(product.web + path.removesuffix("*"))
                if path.endswith("*"):
                    start = path.removesuffix("*")
                    links = page.eval_on_selector_all("main a[href]", "links => links.map(a => new URL(a.href).pathname)")
                    inner = next(link for link in links if link.startswith(start) and link != start and link.endswith("/"))
                    page.goto(product.web + inner)
                for language, ending in LANGUAGES.items():
                    context.add_cookies([{"name": "django_language", "value": language, "url": product.web}])
                    page.reload()
                    for width, (wide, high) in WIDTHS.items():
                        page.set_viewport_size({"width": wide, "height": high})
                        page.screenshot(path=OUT / f"{name}-{width}{ending}.png", full_page=True)
                if "--readme" in sys.argv and name in IN_README:
                    README.mkdir(exist_ok=True)
                    page.set_viewport_size({"width": 1280, "height": 800})
                    page.screenshot(path=README / f"{name}.jpg", type="jpeg", quality=60, scale="css")
            context.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


if __name__ == "__main__":
    main()
