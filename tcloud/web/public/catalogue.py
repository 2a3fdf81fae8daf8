"""The public catalogue: search with counts, and the page of one solution. Every address can be shared."""

from dataclasses import replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tcloud.catalog import queries
from tcloud.catalog.features import Feature, Industry, ScreenLanguage, Size
from tcloud.catalog.queries import Query, Shelf, Sort
from tcloud.core.language import in_language, list_in_language
from tcloud.identity.roles import Permission, Role, may
from tcloud.web.access import PageRequest, membership_here, public
from tcloud.web.prices import priced, purse_today

if TYPE_CHECKING:
    from tcloud.catalog.models import Category

SORT_NAMES = {
    Sort.BEST: _("最符合"),
    Sort.PRICE: _("價格低到高"),
    Sort.NEWEST: _("最近更新"),
}
LONGEST_TEXT = 80


@require_safe
@public
def solutions(request: PageRequest) -> HttpResponse:
    """Solutions that fit a search and its filters, twenty a page."""
    query = read_query(request)
    page, counts = queries.search(query), queries.counts(query)
    shelves, purse = queries.menu(), purse_today(request)
    hits = []
    for solution in page.solutions:
        plan = queries.cheapest(solution)
        price = priced(plan, purse) if plan and purse else None
        hits.append({"solution": solution, "plan": plan, "price": price})
    context = {
        "query": query, "page": page, "hits": hits, "purse": purse,
        "shelves": facets(shelves, query, counts.categories),
        "sizes": [
            {"value": size.value, "label": size.label, "count": counts.sizes[size.value],
             "chosen": size.value in query.sizes} for size in Size
        ],
        "sorts": [{"value": sort.value, "label": label, "chosen": sort is query.sort}
                  for sort, label in SORT_NAMES.items()],
        "chips": chips(shelves, query), "chosen_total": len(query.categories) + len(query.sizes),
        "menu": shelves, "about": section(shelves, query),
        "previous": link(replace(query, page=page.number - 1)),
        "next": link(replace(query, page=page.number + 1)),
        "without_filters": link(Query(text=query.text)),
    }  # fmt: skip
    return render(request, "public/solutions.html", context)


def read_query(request: PageRequest) -> Query:
    """The search as the address states it; anything unknown is ignored."""
    asked = request.GET
    sizes = tuple(size for size in dict.fromkeys(asked.getlist("size")) if size in Size.values)
    number = asked.get("page", "1")
    return Query(
        text=" ".join(asked.get("q", "").replace("\x00", "").split())[:LONGEST_TEXT],
        categories=tuple(slug for slug in dict.fromkeys(asked.getlist("category")) if slug.isascii())[:20],
        sizes=sizes,
        sort=Sort(asked["sort"]) if asked.get("sort") in list(Sort) else Sort.BEST,
        page=int(number) if number.isascii() and number.isdecimal() and len(number) <= 6 else 1,
    )


def link(query: Query) -> str:
    """The query part of an address; defaults are left out, so that one search has one address."""
    pairs: list[tuple[str, str | int]] = [("q", query.text)] if query.text else []
    pairs += [("category", slug) for slug in query.categories] + [("size", size) for size in query.sizes]
    if query.sort is not Sort.BEST:
        pairs.append(("sort", query.sort.value))
    if query.page > 1:
        pairs.append(("page", query.page))
    return f"?{urlencode(pairs)}" if pairs else "?"


def facets(shelves: list[Shelf], query: Query, counts: dict[str, int]) -> list[dict[str, Any]]:
    """The categories as choices with counts; children appear below a chosen root or a chosen sibling."""

    def choice(category: "Category") -> dict[str, Any]:
        return {
            "value": category.slug, "label": category.title, "count": counts.get(category.slug, 0),
            "chosen": category.slug in query.categories,
        }  # fmt: skip

    rows = []
    for shelf in shelves:
        row = choice(shelf.category)
        below = [choice(child) for child in shelf.children]
        row["children"] = below if row["chosen"] or any(child["chosen"] for child in below) else []
        rows.append(row)
    return rows


def _both_levels(shelf: Shelf) -> "list[Category]":
    return [shelf.category, *shelf.children]


def chips(shelves: list[Shelf], query: Query) -> list[dict[str, str]]:
    """What is filtered by, each with the address without it."""
    titles = {category.slug: category.title for shelf in shelves for category in _both_levels(shelf)}
    rows = [
        {"label": titles[slug],
         "href": link(replace(query, page=1, categories=tuple(s for s in query.categories if s != slug)))}
        for slug in query.categories if slug in titles
    ]  # fmt: skip
    return rows + [
        {"label": str(Size(size).label),
         "href": link(replace(query, page=1, sizes=tuple(s for s in query.sizes if s != size)))}
        for size in query.sizes
    ]  # fmt: skip


def section(shelves: list[Shelf], query: Query) -> "Category | None":
    """The one category a page is about, for heading and menu; None if there are several or none."""
    if len(query.categories) != 1:
        return None
    every = [category for shelf in shelves for category in _both_levels(shelf)]
    return next((category for category in every if category.slug == query.categories[0]), None)


@require_safe
@public
def solution(request: PageRequest, slug: str) -> HttpResponse:
    """Everything a buyer asks about one solution, with the price split for their company."""
    found = queries.solution_by_slug(slug)
    if found is None:
        raise Http404
    root = found.category.parent or found.category
    purse = purse_today(request, (found.category.slug, root.slug))
    plans = [priced(plan, purse, with_refunds=True) for plan in queries.on_sale(found)] if purse else []
    wanted = request.GET.get("plan", "")
    chosen = next((row for row in plans if str(row.plan.pk) == wanted), plans[0] if plans else None)
    membership = membership_here(request)
    may_order = bool(membership and may(Role(membership.role), Permission.ORDER_PLACE))
    own = bool(membership and membership.company.ubn == found.vendor.ubn)
    context = {
        "solution": found, "root": root, "plans": plans, "chosen": chosen,
        "purse": purse, "membership": membership, "may_order": may_order, "own": own,
        "can_order": bool(plans and may_order and not own and purse and purse.granted and purse.points),
        "features": [Feature(key).label for key in found.features if key in Feature.values],
        "highlights": list_in_language(found.highlights, found.highlights_en),
        "description": in_language(found.description, found.description_en),
        "support": in_language(found.support, found.support_en),
        "data_location": in_language(found.data_location, found.data_location_en),
        "vendor_summary": in_language(found.vendor.summary, found.vendor.summary_en),
        "request_key": token_urlsafe(16),
        "integrations": list_in_language(found.integrations, found.integrations_en),
        "languages": [ScreenLanguage(key).label for key in found.languages if key in ScreenLanguage.values],
        "industries": [Industry(key).label for key in found.industries if key in Industry.values],
        "sizes": [Size(key).label for key in found.sizes if key in Size.values],
    }  # fmt: skip
    return render(request, "public/solution.html", context)
