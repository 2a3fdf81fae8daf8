"""Attempts and gateway facts: stored once, never lost, never changed, and no money where there is none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tcloud.core.errors import Refused
from tcloud.core.money import Twd
from tcloud.core.secrets import Unsealable, seal, unseal
from tcloud.jobs import payments as jobs_payments
from tcloud.payments import queries, services
from tcloud.payments.gateway import GatewayAnswer, Unknown, gateway_named
from tcloud.payments.models import GatewayFact, MerchantAccount, PaymentAttempt
from tcloud.payments.rules import Device, Outcome
from tcloud.payments.services import AlreadyPaid, MethodNotOffered, NoGateway
from tcloud.payments.states import AttemptState, FactKind, Method, Source

NOW = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
VENDOR = "28468172"
ORDER = "AA1236871914"


def open_shop(vendor: str = VENDOR, merchant_id: str = "3002607", hash_key: str = "k" * 16) -> MerchantAccount:
    return services.save_merchant_account(
        vendor_ubn=vendor, gateway="ecpay", merchant_id=merchant_id, secrets={"hash_key": hash_key, "hash_iv": "i" * 16},
        methods=[Method.CREDIT, Method.WEB_ATM], actor="seed", now=NOW,
    )  # fmt: skip


def begin(order: str = ORDER, amount: int = 30_000, now: datetime = NOW) -> PaymentAttempt:
    with transaction.atomic():
        return services.start_attempt(
            order_number=order, vendor_ubn=VENDOR, amount_twd=Twd(amount), method=Method.CREDIT, now=now
        )


def says(attempt: PaymentAttempt, outcome: Outcome = Outcome.PAID, **changes: object) -> GatewayAnswer:
    values: dict[str, object] = {
        "trade_no": attempt.trade_no, "gateway_trade_no": "26040112000012345678", "outcome": outcome,
        "amount_twd": Twd(attempt.amount_twd), "paid_at": NOW + timedelta(minutes=3) if outcome is Outcome.PAID else None,
        "payment_type": "Credit_CreditCard", "simulated": False, "payload": {"RtnCode": "1"},
    }  # fmt: skip
    return GatewayAnswer(**(values | changes))  # type: ignore[arg-type]


def tell(answer: GatewayAnswer, source: Source = Source.CALLBACK, minutes: int = 5) -> GatewayFact | None:
    return services.record_fact(answer=answer, source=source, now=NOW + timedelta(minutes=minutes))


def jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args->>'number', lock FROM procrastinate_jobs ORDER BY id")
        return [" ".join(filter(None, row)) for row in cursor.fetchall()]


def state(attempt: PaymentAttempt) -> str:
    return PaymentAttempt.objects.get(pk=attempt.pk).state


APPLY = f"tcloud.apply_payment {ORDER} order:{ORDER}"


@pytest.mark.django_db
def test_money_is_stored_and_the_order_is_told_once() -> None:
    open_shop()
    attempt = begin()
    first = tell(says(attempt))
    assert first is not None
    assert (first.kind, first.amount_twd, first.source) == (FactKind.PAID, 30_000, Source.CALLBACK)
    assert first.paid_at == NOW + timedelta(minutes=3)
    again = tell(says(attempt, payload={"RtnCode": "1", "copy": "2"}), Source.RETURN, minutes=9)
    assert again is not None
    assert again.pk == first.pk
    asked = tell(says(attempt), Source.QUERY, minutes=20)
    assert asked is not None
    assert (asked.pk, asked.source, asked.received_at) == (first.pk, Source.CALLBACK, NOW + timedelta(minutes=5))
    assert GatewayFact.objects.count() == 1
    assert jobs() == [APPLY]
    assert state(attempt) == AttemptState.PAID


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [29_999, 30_001, 0])
def test_a_wrong_amount_is_kept_and_flagged(amount: int) -> None:
    open_shop()
    attempt = begin()
    fact = tell(says(attempt, amount_twd=Twd(amount)))
    assert fact is not None
    assert (fact.kind, fact.amount_twd) == (FactKind.MISMATCHED, amount)
    assert state(attempt) == AttemptState.MISMATCHED
    assert jobs() == [APPLY]
    assert [f.pk for f in queries.money_facts_of(ORDER)] == [fact.pk]
    other = tell(says(attempt, amount_twd=Twd(31_000)))
    assert other is not None
    assert other.pk != fact.pk


@pytest.mark.django_db
def test_a_pretended_payment_is_no_money(settings: object) -> None:
    open_shop()
    attempt = begin()
    fact = tell(says(attempt, simulated=True))
    assert fact is not None
    assert (fact.kind, fact.simulated) == (FactKind.SIMULATED, True)
    assert state(attempt) == AttemptState.STARTED
    assert not queries.money_facts_of(ORDER).exists()
    real = tell(says(attempt))
    assert real is not None
    assert real.kind == FactKind.PAID


@pytest.mark.django_db
def test_a_pretended_payment_counts_where_the_demonstration_says_so(settings: pytest.FixtureRequest) -> None:
    settings.ALLOW_SIMULATED_PAYMENTS = True  # type: ignore[attr-defined]
    open_shop()
    attempt = begin()
    fact = tell(says(attempt, simulated=True))
    assert fact is not None
    assert (fact.kind, fact.simulated) == (FactKind.PAID, True)


@pytest.mark.django_db
def test_words_out_of_order_end_with_the_money() -> None:
    open_shop()
    attempt = begin()
    tell(says(attempt, Outcome.FAILED, gateway_trade_no="1"))
    assert state(attempt) == AttemptState.FAILED
    tell(says(attempt))
    assert state(attempt) == AttemptState.PAID
    tell(says(attempt, Outcome.FAILED, gateway_trade_no="2"))
    assert state(attempt) == AttemptState.PAID
    assert [fact.kind for fact in queries.facts_of(ORDER)] == ["failed", "paid", "failed"]


@pytest.mark.django_db
def test_an_answer_that_is_not_final_stores_nothing() -> None:
    open_shop()
    attempt = begin()
    assert tell(says(attempt, Outcome.UNPAID)) is None
    assert not GatewayFact.objects.exists()
    assert jobs() == []


@pytest.mark.django_db
def test_a_number_we_never_gave_is_nobodys() -> None:
    open_shop()
    attempt = begin()
    with pytest.raises(PaymentAttempt.DoesNotExist):
        tell(says(attempt, trade_no="TC260401XXXXXXXXXXXX"))


@pytest.mark.django_db
def test_money_without_a_readable_time_is_dated_by_its_arrival() -> None:
    open_shop()
    fact = tell(says(begin(), paid_at=None))
    assert fact is not None
    assert fact.paid_at == NOW + timedelta(minutes=5)


@pytest.mark.django_db
def test_every_attempt_has_a_number_of_its_own() -> None:
    open_shop()
    first, second = begin(), begin()
    assert first.trade_no != second.trade_no
    assert len(first.trade_no) == 20
    tell(says(first))
    with pytest.raises(AlreadyPaid):
        begin()
    # The second page may still be open at the gateway: its money is stored too, for the orders room to pay back.
    tell(says(second, gateway_trade_no="26040112000099999999"))
    assert queries.money_facts_of(ORDER).count() == 2


@pytest.mark.django_db
def test_nobody_pays_a_vendor_without_a_shop_or_by_a_method_it_does_not_offer() -> None:
    with pytest.raises(NoGateway):
        begin()
    assert queries.methods_for(VENDOR, amount_twd=Twd(1), device=Device.COMPUTER) == []
    services.save_merchant_account(
        vendor_ubn=VENDOR, gateway="ecpay", merchant_id="1", secrets={}, methods=[Method.WEB_ATM], actor="x", now=NOW
    )
    with pytest.raises(MethodNotOffered) as refused:
        begin()
    assert isinstance(refused.value, Refused)
    assert not PaymentAttempt.objects.exists()


@pytest.mark.django_db
def test_methods_say_why_they_are_closed(settings: pytest.FixtureRequest) -> None:
    settings.ECPAY_WEBATM_LIMIT = 49_999  # type: ignore[attr-defined]
    open_shop()

    def offers(amount: int, device: Device) -> dict[Method, str]:
        rows = queries.methods_for(VENDOR, amount_twd=Twd(amount), device=device)
        return {row.method: row.closed_because for row in rows}

    assert offers(49_999, Device.COMPUTER) == {Method.CREDIT: "", Method.WEB_ATM: ""}
    assert offers(50_000, Device.COMPUTER) == {
        Method.CREDIT: "",
        Method.WEB_ATM: "超過這種付款方式的上限 49,999 元，請選其他方式。",
    }
    assert "手機不能用" in offers(1, Device.PHONE)[Method.WEB_ATM]


@pytest.mark.django_db
def test_a_shops_keys_are_sealed_and_an_old_shop_stays_for_its_attempts() -> None:
    account = open_shop(hash_key="secret-hash-key!")
    assert "secret-hash-key!" not in account.sealed_secrets
    assert queries.merchant(account).secrets["hash_key"] == "secret-hash-key!"
    assert "secret" not in repr(queries.merchant(account))
    old = begin()
    open_shop(merchant_id="3002608")
    new = begin()
    assert (old.account.merchant_id, new.account.merchant_id) == ("3002607", "3002608")
    rotated = open_shop(merchant_id="3002608", hash_key="n" * 16)
    assert rotated.pk == new.account.pk
    assert queries.account_of(VENDOR) == rotated
    assert MerchantAccount.objects.filter(vendor_ubn=VENDOR, active=True).count() == 1


def test_secrets_open_with_the_new_and_the_old_key(settings: pytest.FixtureRequest) -> None:
    sealed = seal("鑰匙")
    first = settings.SECRETS_KEY  # type: ignore[attr-defined]
    second = "A" * 43 + "="
    settings.SECRETS_KEY = f"{second},{first}"  # type: ignore[attr-defined]
    assert unseal(sealed) == "鑰匙"
    settings.SECRETS_KEY = second  # type: ignore[attr-defined]
    with pytest.raises(Unsealable):
        unseal(sealed)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "write",
    [
        lambda: GatewayFact.objects.update(amount_twd=1),
        lambda: GatewayFact.objects.all().delete(),
        lambda: PaymentAttempt.objects.update(amount_twd=1),
        lambda: PaymentAttempt.objects.update(trade_no="TC260401XXXXXXXXXXXX"),
        lambda: connection.cursor().execute("DELETE FROM payments_paymentattempt"),
        lambda: connection.cursor().execute("TRUNCATE payments_gatewayfact"),
    ],
)
def test_the_database_refuses_to_forget(write: Callable[[], object]) -> None:
    open_shop()
    tell(says(begin()))
    with pytest.raises(DatabaseError), transaction.atomic():
        write()


class SilentGateway:
    """Answers as told."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def query(self, merchant: object, trade_no: str, *, now: datetime) -> object:
        self.asked.append(trade_no)
        return self.answer


def test_asking_inside_a_transaction_is_a_mistake(transactional_db: None) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        services.ask_gateway(trade_no="TC260401XXXXXXXXXXXX", now=NOW)


@pytest.mark.django_db
def test_asking_about_a_number_we_never_gave_is_a_mistake() -> None:
    with pytest.raises(PaymentAttempt.DoesNotExist):
        services.ask_gateway(trade_no="TC260401XXXXXXXXXXXX", now=NOW)


@pytest.mark.django_db
def test_names_for_the_log_show_no_secret() -> None:
    account = open_shop(hash_key="secret-hash-key!")
    attempt = begin()
    fact = tell(says(attempt))
    assert [str(account), str(attempt), str(fact)] == ["ecpay 3002607", attempt.trade_no, f"{attempt.pk} paid 30000"]
    assert "綠界" in queries.gateway_label(account)


@pytest.mark.django_db
def test_the_poller_asks_ever_more_slowly_and_gives_up_after_three_days(monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop()
    attempt = begin()
    gateway = SilentGateway(says(attempt, Outcome.UNPAID))
    monkeypatch.setattr(services, "gateway_named", lambda _name: gateway)
    assert queries.attempts_to_ask_about(NOW + timedelta(minutes=9)) == []
    at = NOW
    for _ in range(40):
        at += timedelta(minutes=10)
        for trade_no in queries.attempts_to_ask_about(at):
            assert services.ask_gateway(trade_no=trade_no, now=at) is None
    assert len(gateway.asked) == 5
    assert queries.has_open_attempt(ORDER)
    assert not queries.has_open_attempt(ORDER, unless_unpaid_since=NOW)
    assert queries.has_open_attempt(ORDER, unless_unpaid_since=at)
    services.ask_gateway(trade_no=attempt.trade_no, now=NOW + timedelta(days=3, seconds=1))
    assert state(attempt) == AttemptState.EXPIRED
    # Late money is stored all the same.
    fact = tell(says(attempt), minutes=60 * 24 * 5)
    assert fact is not None
    assert state(attempt) == AttemptState.PAID


@pytest.mark.django_db
def test_the_sweeper_keeps_to_the_pollers_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop()
    gateway = SilentGateway(says(begin(), Outcome.UNPAID))
    monkeypatch.setattr(services, "gateway_named", lambda _name: gateway)
    for minute in range(30):
        assert jobs_payments.ask(ORDER, NOW + timedelta(minutes=minute), patiently=True)
    assert len(gateway.asked) == 2
    assert jobs_payments.ask(ORDER, NOW + timedelta(minutes=30))
    assert len(gateway.asked) == 3


@pytest.mark.django_db
def test_one_failing_question_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop()
    first, second = begin(), begin("AB0000000012")

    class Gateway(SilentGateway):
        def query(self, merchant: object, trade_no: str, *, now: datetime) -> object:
            if trade_no == first.trade_no:
                raise ValueError("a reply nobody foresaw")
            return super().query(merchant, trade_no, now=now)

    monkeypatch.setattr(services, "gateway_named", lambda _name: Gateway(says(second)))
    jobs_payments.poll(NOW + timedelta(minutes=10))
    assert (state(first), state(second)) == (AttemptState.STARTED, AttemptState.PAID)


@pytest.mark.django_db
def test_a_gateway_that_does_not_answer_settles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop()
    attempt = begin()
    gateway = SilentGateway(Unknown("asked too fast", timedelta(minutes=30)))
    monkeypatch.setattr(services, "gateway_named", lambda _name: gateway)
    late = NOW + timedelta(days=4)
    assert services.ask_about_order(order_number=ORDER, now=late) is True
    assert state(attempt) == AttemptState.STARTED
    assert queries.has_open_attempt(ORDER, unless_unpaid_since=NOW)
    assert queries.attempts_to_ask_about(late + timedelta(minutes=29)) == []
    assert queries.attempts_to_ask_about(late + timedelta(minutes=30)) == [attempt.trade_no]
    gateway.answer = says(attempt)
    assert services.ask_about_order(order_number=ORDER, now=late) is False
    assert state(attempt) == AttemptState.PAID
    assert queries.facts_of(ORDER)[0].source == Source.QUERY


def test_only_configured_gateways_exist() -> None:
    assert gateway_named("ecpay").name == "ecpay"
    with pytest.raises(KeyError):
        gateway_named("nobody")
