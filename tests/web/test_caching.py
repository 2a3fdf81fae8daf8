"""What belongs to somebody is kept by no cache: not by a proxy, not by the browser's history."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import make
from tests.world import BACKEND

pytestmark = pytest.mark.django_db


def test_pages_of_a_company_are_stored_nowhere_and_public_ones_may_be() -> None:
    make.call()
    client = Client()
    client.force_login(make.company_with_points(), backend=BACKEND)
    for page in ("member:home", "member:orders", "member:points"):
        for headers in ({}, {"hx-request": "true"}):  # whole, or the part that a live page fetches
            answer = client.get(reverse(page), headers=headers)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert "no-store" not in Client().get(reverse("home")).headers.get("Cache-Control", "")


def test_a_stranger_who_is_sent_to_sign_in_leaves_no_trace_either() -> None:
    answer = Client().get(reverse("member:home"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "private, no-store")
