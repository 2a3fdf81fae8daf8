"""Asking the registers about an application, and deciding it by named rules."""

from tcloud.core.time import now, taipei_date
from tcloud.members import queries as members
from tcloud.members import services
