"""Reading the catalogue: search with counts, one listing, and the facts an order freezes."""

from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Case, Count, F, IntegerField, Min, Prefetch, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tcloud.catalog.features import Size
from tcloud.catalog.models import Category, Plan, Solution
from tcloud.catalog.states import PlanState, SolutionState
from tcloud.core.errors import Refused
from tcloud.core.money import Twd
from tcloud.core.text_search import fold, terms
from tcloud.vendors.models import Vendor
from tcloud.vendors.states import VendorState

PAGE_SIZE = 20


class PlanNotForSale(Refused):
    """The plan cannot be ordered: ended, unlisted, or its vendor takes no orders."""

    code = "plan_not_for_sale"
    message = _("這個規格現在不能選購：方案已下架、規格停售，或廠商暫停接單。請回方案頁，看看其他規格。")


class Sort(StrEnum):
    """Orders of a result list. None of them can be bought."""

    BEST = "best"
    PRICE = "price"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Query:
    """What a visitor asked for, exactly as the address says it."""

    text: str = ""
    categories: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    sort: Sort = Sort.BEST
    page: int = 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results. `first` and `last` count from 1; both are 0 where there is nothing."""

    solutions: list[Solution]
    total: int
    number: int
    pages: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many results each choice would give, the other filters kept."""

    categories: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanForOrder:
    """What an order freezes about the plan it buys: version, names, price, term and seller."""

    plan_id: int
    plan_name: str
    plan_name_en: str
    price: Twd
    term_months: int
    limits: str
    renewal_price: Twd | None
    solution_id: int
    solution_slug: str
    solution_name: str
    solution_name_en: str
    solution_version: int
    category_slug: str
    root_slug: str
    category_name: str
    category_name_en: str
    vendor_id: int
    vendor_ubn: str
    vendor_name: str


def listed() -> QuerySet[Solution]:
    """What the public sees: listed solutions of approved vendors."""
    return Solution.objects.filter(status=SolutionState.LISTED, vendor__status=VendorState.APPROVED)


def search(query: Query) -> Page:
    """One page of what a query finds: every word must occur in the listing, its vendor or category.

    Three database queries, however many rows. Pages beyond the last show the last.
    """
    found = _found(query)
    total = found.count()
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, query.page), pages)
    start = (number - 1) * PAGE_SIZE
    rows = list(_with_cards(_ordered(found, query))[start : start + PAGE_SIZE])
    return Page(rows, total, number, pages, start + 1 if rows else 0, start + len(rows))


def counts(query: Query) -> Counts:
    """Results per category (roots include their children) and per size. Two database queries."""
    categories: dict[str, int] = {}
    rows = _found(query, without="categories").values_list("category__slug", "category__parent__slug")
    for slug, parent, number in rows.annotate(number=Count("id")).order_by():
        categories[slug] = categories.get(slug, 0) + number
        if parent is not None:
            categories[parent] = categories.get(parent, 0) + number
    by_size = _found(query, without="sizes").aggregate(
        **{f"size_{size.name}": Count("id", filter=Q(sizes__contains=[size.value])) for size in Size}
    )
    return Counts(categories, {size.value: by_size[f"size_{size.name}"] for size in Size})


def _found(query: Query, without: str = "") -> QuerySet[Solution]:
    rows = listed()
    for term in terms(query.text):
        rows = rows.filter(search_text__contains=term)
    if query.categories and without != "categories":
        chosen = query.categories
        rows = rows.filter(Q(category__slug__in=chosen) | Q(category__parent__slug__in=chosen))
    if query.sizes and without != "sizes":
        rows = rows.filter(sizes__overlap=list(query.sizes))
    return rows


def _ordered(rows: QuerySet[Solution], query: Query) -> QuerySet[Solution]:
    if query.sort is Sort.PRICE:
        lowest = Min("plans__price_twd", filter=Q(plans__status=PlanState.ON_SALE))
        return rows.annotate(lowest=lowest).order_by(F("lowest").asc(nulls_last=True), "slug")
    if query.sort is Sort.NEWEST:
        return rows.order_by("-updated_at", "slug")
    words = terms(query.text)
    if not words:
        return rows.order_by(Coalesce("category__parent__sort", "category__sort"), "category__sort", "slug")
    in_name = Case(
        When(name__icontains=query.text.strip(), then=Value(0)),
        When(search_text__startswith=words[0], then=Value(1)),
        default=Value(2), output_field=IntegerField(),
    )  # fmt: skip
    return rows.annotate(rank=in_name).order_by("rank", "slug")


def _with_cards(rows: QuerySet[Solution]) -> QuerySet[Solution]:
    on_sale = Plan.objects.filter(status=PlanState.ON_SALE).order_by("sort", "price_twd")
    return rows.select_related("vendor", "category__parent").prefetch_related(
        Prefetch("plans", queryset=on_sale, to_attr="on_sale")
    )


def on_sale(solution: Solution) -> list[Plan]:
    """The price list of a solution read by this module, in the vendor's order."""
    plans: list[Plan] = solution.on_sale  # type: ignore[attr-defined]  # set by the prefetch above
    return plans


def cheapest(solution: Solution) -> Plan | None:
    """The lowest-priced plan on sale of a solution read by this module; None if there is none."""
    return min(on_sale(solution), key=lambda plan: (plan.price_twd, plan.sort), default=None)


def solution_by_slug(slug: str) -> Solution | None:
    """A public listing with its plans on sale, vendor and category; None if there is no such."""
    return _with_cards(listed()).filter(slug=slug).first()


def all_listed() -> list[Solution]:
    """Every public listing with its plans: what a recommendation weighs."""
    return list(_with_cards(listed()).order_by("slug"))


# Of each root category's solutions with a plan on sale, the one whose turn it is. As SQL, because building it from
# expressions at every view of the home page took longer than running it.
_TURN_OF_THE_DAY = """
    SELECT id FROM (
        SELECT s.id, row_number() OVER (shelf ORDER BY s.slug) AS place, count(*) OVER shelf AS places
        FROM catalog_solution s JOIN catalog_category c ON c.id = s.category_id JOIN vendors_vendor v ON v.id = s.vendor_id
        WHERE s.status = %s AND v.status = %s
          AND EXISTS (SELECT FROM catalog_plan p WHERE p.solution_id = s.id AND p.status = %s)
        WINDOW shelf AS (PARTITION BY coalesce(c.parent_id, c.id))
    ) numbered WHERE place = %s %% places + 1"""


def featured(limit: int, day_number: int) -> list[tuple[Solution, Plan]]:
    """A few listings with their lowest plan for the home page.

    One per category, moving on with `day_number`, so that nobody is preferred and nobody can buy a place. Two queries,
    and only what is shown is read.
    """
    states = [SolutionState.LISTED, VendorState.APPROVED, PlanState.ON_SALE]
    rows = _with_cards(listed().filter(pk__in=RawSQL(_TURN_OF_THE_DAY, [*states, day_number])))  # noqa: S611  (constant)
    shown = rows.order_by(Coalesce("category__parent__slug", "category__slug"))
    found = [(solution, plan) for solution in shown if (plan := cheapest(solution))]
    first = day_number % len(found) if found else 0
    return (found[first:] + found[:first])[:limit]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category of the menu with its children."""

    category: Category
    children: list[Category]

    @property
    def slug(self) -> str:
        """The category's address part."""
        return self.category.slug

    @property
    def title(self) -> str:
        """The category's name in the reader's language."""
        return self.category.title


def menu() -> list[Shelf]:
    """The four categories of the main menu with their children, in one query."""
    rows = list(Category.objects.order_by("sort"))
    roots = [row for row in rows if row.parent_id is None]
    return [Shelf(root, [row for row in rows if row.parent_id == root.pk]) for root in roots]


def listed_total() -> tuple[int, int]:
    """How many solutions of how many vendors can be bought today: a live figure of the home page."""
    figures = listed().aggregate(solutions=Count("id"), vendors=Count("vendor", distinct=True))
    return figures["solutions"], figures["vendors"]


def plan_for_order(plan_id: int) -> PlanForOrder:
    """The facts of a plan that can be bought now. Raises PlanNotForSale."""
    plan = (
        Plan.objects.select_related("solution__vendor", "solution__category__parent")
        .filter(
            pk=plan_id, status=PlanState.ON_SALE, solution__status=SolutionState.LISTED,
            solution__vendor__status=VendorState.APPROVED,
        )
        .first()
    )  # fmt: skip
    if plan is None:
        raise PlanNotForSale
    solution = plan.solution
    return PlanForOrder(
        plan_id=plan.pk, plan_name=plan.name, plan_name_en=plan.name_en, price=Twd(plan.price_twd), term_months=plan.term_months,
        limits=plan.limits,
        renewal_price=None if plan.renewal_price_twd is None else Twd(plan.renewal_price_twd),
        solution_id=solution.pk, solution_slug=solution.slug, solution_name=solution.name, solution_name_en=solution.name_en,
        solution_version=solution.version, category_slug=solution.category.slug,
        root_slug=(solution.category.parent or solution.category).slug, category_name=solution.category.name, category_name_en=solution.category.name_en, vendor_id=solution.vendor.pk, vendor_ubn=solution.vendor.ubn,
        vendor_name=solution.vendor.name,
    )  # fmt: skip


def lock_solution(slug: str) -> Solution | None:
    """A listing's row, locked until the transaction ends."""
    return Solution.objects.select_for_update().filter(slug=slug).first()


def words_of(solution: Solution, vendor: Vendor, category: Category) -> str:
    """The folded text a search looks through; the name comes first."""
    parts = [
        solution.name, solution.name_en, vendor.name, vendor.short_name, vendor.name_en, vendor.ubn,
        category.name, category.name_en, category.parent.name if category.parent else "",
        solution.tagline, solution.tagline_en, *solution.highlights, *solution.integrations,
        *solution.integrations_en,
    ]  # fmt: skip
    return fold(" ".join(parts))


def category_choices() -> list[tuple[str, str]]:
    """Every category as (slug, title), children after their root and named with it."""
    rows = list(Category.objects.select_related("parent").order_by("sort", "id"))
    roots = [row for row in rows if row.parent is None]
    found: list[tuple[str, str]] = []
    for root in roots:
        found.append((root.slug, root.title))
        found += [(row.slug, _("／").join((root.title, row.title))) for row in rows if row.parent_id == root.pk]
    return found
