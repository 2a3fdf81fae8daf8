"""Races around an order's commands: who clicks twice gets one thing, and the same answer twice."""

import pytest

from tcloud.orders.models import Order
from tcloud.orders.services import placing
from tests import make
from tests import orders as build
from tests.concurrency.racing import Meeting, Scene, race

pytestmark = pytest.mark.django_db(transaction=True)
CLICKS = 4


@pytest.fixture(autouse=True)
def _a_company_that_can_order() -> None:
    build.market()
    make.company_with_points()


def without_the_companys_lock(patch: pytest.MonkeyPatch) -> None:
    """Drafts of one company do not wait for each other."""
    patch.setattr(placing, "lock_company", lambda ubn: None)


@race(without=without_the_companys_lock)
def test_a_form_sent_many_times_at_once_is_one_draft(scene: Scene) -> None:
    """Everybody has looked for the first draft before anybody writes one."""
    all_here, real, key = Meeting(CLICKS), placing.spendable, scene.name("form")

    def spendable_when_all_have_come(*arguments: object) -> object:
        all_here.wait()
        return real(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "spendable", spendable_when_all_have_come)
        results = scene.threads.all(*[lambda: build.draft(key=key)] * CLICKS)
    assert {getattr(result, "pk", result) for result in results} == {Order.objects.get(request_key=key).pk}
