"""Which of its calls a company's page speaks of: ?call= names one of its own, else the one that matters now."""

from typing import TYPE_CHECKING

from django.http import QueryDict

from tcloud.points.queries import own_call, own_calls
from tcloud.programme.queries import UnknownCall, latest_call
from tcloud.web.access import PageRequest

if TYPE_CHECKING:
    from tcloud.programme.models import Call


def chosen_call(request: PageRequest) -> "Call | None":
    """The call named by the address, else the company's own, else the one that is open.

    Raises UnknownCall for a code that is none of the company's: other people's calls and missing ones look the same.
    """
    ubn, code = request.membership.company.ubn, request.GET.get("call", "")
    if not code:
        return own_call(ubn, request.now) or latest_call(request.now)
    named = next((call for call in own_calls(ubn) if call.code == code), None)
    if named is None:
        raise UnknownCall
    return named


def named_in(request: PageRequest) -> str:
    """The query that keeps the chosen call on the next page; empty where none was named."""
    code = request.GET.get("call", "")
    query = QueryDict(mutable=True)
    query["call"] = code
    return f"?{query.urlencode()}" if code else ""
