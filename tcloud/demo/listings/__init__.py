"""Believable solutions for the demonstration, one module per category of the main menu. All invented."""

from dataclasses import dataclass

from tcloud.catalog.services import Listing, PlanOffer


@dataclass(frozen=True, slots=True)
class DemoSolution:
    """One listing with its seller (key in `demo.catalogue.VENDORS`), shelf and price list."""

    slug: str
    vendor: str
    category: str
    listing: Listing
    plans: tuple[PlanOffer, ...]


WEEKDAYS = "電話與 LINE，週一至週五 09:00–18:00"
WEEKDAYS_EN = "Phone and LINE, Monday to Friday 09:00–18:00"
EVERY_DAY = "電話與 LINE，每日 09:00–21:00"
EVERY_DAY_EN = "Phone and LINE, every day 09:00–21:00"
TAIWAN = "臺灣"
TAIWAN_EN = "Taiwan"
TAIWAN_JAPAN = "臺灣（主要）、日本（備援）"
TAIWAN_JAPAN_EN = "Taiwan (main), Japan (backup)"
