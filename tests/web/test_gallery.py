"""The gallery shows every component, in both languages, and only in a demonstration."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db
COMPONENTS = Path(__file__).parents[2] / "tcloud" / "web" / "components"
ELSEWHERE = {
    "card_code", "card_messages", "card_step",  # need the card page's own headers
    "join_crumbs", "language", "mark", "messages", "preferences",  # on every page, or of one journey
}  # fmt: skip
BY_TAG = {"clock", "error_summary", "field", "pager", "split", "tick"}


@pytest.mark.parametrize(("language", "words"), [("zh-hant", "同意並繼續"), ("en", "Components")])
def test_every_component_is_shown(client: Client, language: str, words: str) -> None:
    client.cookies["django_language"] = language
    with translation.override(language):
        response = client.get("/_components/")
    assert response.status_code == 200
    assert words in response.content.decode()
    used = {f"{template.name}".rpartition("/")[2].removesuffix(".html") for template in response.templates}
    there = {path.stem for path in COMPONENTS.glob("*.html")}
    assert there - ELSEWHERE - used == set()


def test_the_gallery_exists_in_a_demonstration_only(client: Client, settings) -> None:
    settings.DEMO = False
    assert client.get("/_components/").status_code == 404
