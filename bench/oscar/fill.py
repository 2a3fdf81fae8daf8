"""Fills the reference shop with a catalogue read from standard input, and prints where its pages are.

    python -m bench.oscar.fill < catalogue.json

A solution with several plans becomes a parent product with a variant per plan, as oscar means them; one with a single
plan stands alone. Names, texts, categories and prices are the same.
"""

import json
import os
import sys
from typing import Any

import django


def main() -> None:
    """Migrate, fill, print `{"solution": …, "solutions": …}`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.oscar.settings")
    django.setup()
    from django.core.management import call_command
    from django.urls import reverse

    call_command("migrate", interactive=False, verbosity=0)
    wanted = json.load(sys.stdin)
    categories = _categories(wanted["categories"])
    products = [_product(entry, categories) for entry in wanted["solutions"]]
    call_command("rebuild_index", interactive=False, verbosity=0)
    print(json.dumps({"solution": products[0].get_absolute_url(), "solutions": reverse("catalogue:index")}))


def _categories(rows: list[dict[str, str]]) -> dict[str, Any]:
    from oscar.apps.catalogue.models import Category

    found: dict[str, Any] = {}
    for row in rows:  # parents come first
        words, parent = {"name": row["name"], "slug": row["slug"]}, found.get(row["parent"])
        made = Category.objects.add_child(parent, words) if parent else Category.objects.add_root(words)
        found[row["slug"]] = made
    return found


def _product(entry: dict[str, Any], categories: dict[str, Any]) -> Any:
    from oscar.apps.catalogue.models import Product, ProductClass

    kind, _made = ProductClass.objects.get_or_create(name="雲端方案", requires_shipping=False, track_stock=False)
    several = len(entry["plans"]) > 1
    product = Product.objects.create(
        title=entry["name"], slug=entry["slug"], description=entry["text"], product_class=kind,
        structure=Product.PARENT if several else Product.STANDALONE,
    )  # fmt: skip
    product.categories.add(categories[entry["category"]])
    for number, plan in enumerate(entry["plans"]):
        sold = product
        if several:
            sold = Product.objects.create(
                title=f"{entry['name']} {plan['name']}", slug=f"{entry['slug']}-{number}", structure=Product.CHILD, parent=product,
            )  # fmt: skip
        _price(sold, entry["vendor"], f"{entry['slug']}-{number}", plan["price"])
    return product


def _price(product: Any, vendor: str, code: str, price: int) -> None:
    from oscar.apps.partner.models import Partner, StockRecord

    partner, _made = Partner.objects.get_or_create(code=vendor, defaults={"name": vendor})
    StockRecord.objects.create(product=product, partner=partner, partner_sku=code, price=price, price_currency="TWD")


if __name__ == "__main__":
    main()
