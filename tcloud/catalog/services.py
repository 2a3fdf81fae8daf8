"""Putting solutions on the shelf, changing what they say, and taking them off."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.catalog.models import Category, Plan, Solution
from tcloud.catalog.queries import lock_solution, words_of
from tcloud.catalog.states import TRANSITIONS, PlanState, SolutionEvent, SolutionState
from tcloud.core.actors import PLATFORM, Actor
from tcloud.core.errors import NotFound, Refused
from tcloud.core.transactions import operation, use_case
from tcloud.vendors.models import Vendor
from tcloud.vendors.queries import vendor_by_ubn
from tcloud.vendors.states import VendorState


class VendorNotApproved(Refused):
    """Only vetted vendors sell."""

    code = "vendor_not_approved"
    message = _("方案還不能上架：廠商尚未通過遴選，或正在暫停接單。通過後就能上架。")


class ListingOfAnotherVendor(Refused):
    """The address is taken by somebody else's solution."""

    code = "listing_of_another_vendor"
    message = _("方案代碼「%(slug)s」已經有別家廠商使用。請換一個代碼。")


class ListingStepNotOpen(Refused):
    """The listing's state does not allow this event."""

    code = "listing_step_not_open"
    message = _("方案目前是「%(state)s」，不能再做這個動作，可能剛剛有同事做過了。什麼都沒有改動；請從方案清單看它現在的狀態。")


@dataclass(frozen=True, slots=True)
class CategoryText:
    """One category as the seed list names it; `parent` is the slug of a root, blank for a root."""

    slug: str
    name: str
    name_en: str
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a buyer reads about a solution; blank, None or empty means "not given"."""

    name: str
    tagline: str
    name_en: str = ""
    tagline_en: str = ""
    description: str = ""
    description_en: str = ""
    features: tuple[str, ...] = ()
    highlights: tuple[str, ...] = ()
    highlights_en: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    integrations_en: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    trial_days: int | None = None
    support: str = ""
    support_en: str = ""
    data_location: str = ""
    data_location_en: str = ""
    glyph: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOffer:
    """One line of a price list: whole NT$ tax included, a term of 1–60 months."""

    name: str
    price_twd: int
    term_months: int
    name_en: str = ""
    users: int | None = None
    limits: str = ""
    limits_en: str = ""
    renewal_price_twd: int | None = None


@use_case
def define_categories(*, categories: tuple[CategoryText, ...], now: datetime) -> None:
    """Bring the shelves in line with a list, parents before children; nothing is removed."""
    known: dict[str, Category] = {}
    for sort, text in enumerate(categories):
        parent = known[text.parent] if text.parent else None
        if parent is not None and parent.parent_id is not None:
            raise ValueError(f"{text.slug}: categories have two levels")
        known[text.slug], created = Category.objects.update_or_create(
            slug=text.slug,
            defaults={"name": text.name, "name_en": text.name_en, "parent": parent, "sort": sort},
        )
        if created:
            record(
                tag="catalog:category:defined",
                actor=PLATFORM,
                subject=text.slug,
                now=now,
                details={"name": text.name},
            )


@use_case
def publish_listing(
    *,
    vendor_ubn: str,
    slug: str,
    category_slug: str,
    listing: Listing,
    plans: tuple[PlanOffer, ...],
    now: datetime,
) -> Solution:
    """List a solution, or change it: any difference makes a new version, none changes nothing.

    Raises NotFound (vendor or category), VendorNotApproved, ListingOfAnotherVendor.
    """
    vendor, category = _approved(vendor_ubn), _category(category_slug)
    solution = lock_solution(slug)
    created = solution is None
    if solution is None:
        solution = Solution(slug=slug, vendor=vendor, category=category, created_at=now, updated_at=now)
    elif solution.vendor_id != vendor.pk:
        raise ListingOfAnotherVendor(slug=slug)
    changed = _apply(solution, listing, vendor, category)
    if created:
        solution.save()
    changed = _apply_plans(solution, plans) or changed
    if created or changed:
        solution.version += 0 if created else 1
        solution.updated_at = now
        solution.save()
        record(
            tag="catalog:listing:published", actor=PLATFORM, subject=slug, now=now,
            details={"vendor": vendor.ubn, "version": solution.version},
        )  # fmt: skip
    return solution


def _approved(ubn: str) -> Vendor:
    vendor = vendor_by_ubn(ubn)
    if vendor is None:
        raise NotFound
    if vendor.status != VendorState.APPROVED:
        raise VendorNotApproved
    return vendor


def _category(slug: str) -> Category:
    category = Category.objects.select_related("parent").filter(slug=slug).first()
    if category is None:
        raise NotFound
    return category


def _apply(solution: Solution, listing: Listing, vendor: Vendor, category: Category) -> bool:
    """Copy the texts onto the row; True if anything differs."""
    wanted = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in ((entry.name, getattr(listing, entry.name)) for entry in fields(listing))
    }
    changed = solution.category_id != category.pk
    solution.category = category
    for name, value in wanted.items():
        changed = changed or getattr(solution, name) != value
        setattr(solution, name, value)
    solution.search_text = words_of(solution, vendor, category)
    return changed


def _apply_plans(solution: Solution, offers: tuple[PlanOffer, ...]) -> bool:
    """Bring the price list in line: plans that left it end, because orders name them."""
    known = {plan.name: plan for plan in solution.plans.all()}
    changed = False
    for sort, offer in enumerate(offers):
        plan = known.pop(offer.name, None) or Plan(solution=solution, name=offer.name)
        wanted = asdict(offer) | {"sort": sort, "status": PlanState.ON_SALE}
        if plan.pk is None or any(getattr(plan, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(plan, name, value)
            plan.save()
            changed = True
    for plan in known.values():
        if plan.status != PlanState.ENDED:
            plan.status = PlanState.ENDED
            plan.save(update_fields=["status"])
            changed = True
    return changed


@use_case
def withdraw_listing(*, slug: str, actor: Actor, now: datetime) -> Solution:
    """Take a solution off the shelf; running orders go on. Raises NotFound, ListingStepNotOpen."""
    return _move(slug, SolutionEvent.WITHDRAWN, actor, now)


@use_case
def list_again(*, slug: str, actor: Actor, now: datetime) -> Solution:
    """Put a withdrawn solution back. Raises NotFound, ListingStepNotOpen."""
    return _move(slug, SolutionEvent.LISTED_AGAIN, actor, now)


def _move(slug: str, event: SolutionEvent, actor: Actor, now: datetime) -> Solution:
    solution = lock_solution(slug)
    if solution is None:
        raise NotFound
    advance(solution, event)
    record(tag=f"catalog:listing:{event}", actor=actor, subject=slug, now=now, details={})
    return solution


@operation
def advance(solution: Solution, event: SolutionEvent) -> None:
    """Move a locked listing along the state table; the only writer of `status` after the first listing."""
    target = TRANSITIONS.get((SolutionState(solution.status), event))
    if target is None:
        raise ListingStepNotOpen(state=SolutionState(solution.status).label)
    solution.status = target
    solution.save(update_fields=["status"])
