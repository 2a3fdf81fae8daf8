"""Calls and their budget, rule sets by two people, the calendar, deadlines. One verb per file.

Deadlines are set by every room above, so those four stand here by name.
"""

from tcloud.programme.services.limiting import set_deadline, set_deadline_at, settle_deadlines
from tcloud.programme.services.opening import open_call

__all__ = ["open_call", "set_deadline", "set_deadline_at", "settle_deadlines"]
