"""去付款: points, self-pay, payer, method and deadline once more, then the form that leaves for the gateway."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tcloud.core.errors import Refused
from tcloud.core.money import Twd
from tcloud.identity.roles import Permission
from tcloud.orders import queries
from tcloud.orders.services import paying
from tcloud.orders.states import State
from tcloud.payments.queries import methods_for
from tcloud.payments.rules import Device
from tcloud.payments.states import Method
from tcloud.web.access import PageRequest, company_role
from tcloud.web.answers import posted
from tcloud.web.leaving import leave_for_gateway
from tcloud.web.member.forms import MethodForm
from tcloud.web.order_steps import rule_of, rules_url

ITEM_LENGTH = 50


def device_of(request: PageRequest) -> Device:
    """Phone or computer, as far as the browser tells; only used to say beforehand that a method cannot work."""
    phone = "Mobi" in request.headers.get("User-Agent", "")
    return Device.PHONE if phone else Device.COMPUTER


@require_http_methods(["GET", "POST"])
@company_role(Permission.ORDER_PAY)
def pay(request: PageRequest, number: str) -> HttpResponse:
    """Choose a method and see everything once more; the next page leaves for the vendor's gateway."""
    company = request.membership.company
    order = queries.order_of_company(company, number)
    if order.state != State.AWAITING_PAYMENT:
        return redirect("member:order", number)
    limit = queries.state_limit(order)
    form = MethodForm(posted(request))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    if form.is_valid():
        try:
            attempt = paying.start_payment(
                number=number, company=company, method=Method(form.cleaned_data["method"]), now=request.now
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = HTTPStatus.CONFLICT
        else:
            item = f"{order.number} {order.lines.all()[0].solution_name}"[:ITEM_LENGTH]
            facts: dict[str, object] = {"order": order, "limit": limit, "rule": rule_of(limit), "rules_url": rules_url(limit)}
            return leave_for_gateway(request, trade_no=attempt.trade_no, item_name=item, context=facts)
    methods = methods_for(order.vendor_ubn, amount_twd=Twd(order.self_pay_twd), device=device_of(request))
    context = {
        "order": order, "line": order.lines.all()[0], "limit": limit, "rule": rule_of(limit), "rules_url": rules_url(limit), "form": form,
        "methods": methods, "first_open": next((offer for offer in methods if offer.is_open), None),
    }  # fmt: skip
    return render(request, "member/order_pay.html", context, status=status)
