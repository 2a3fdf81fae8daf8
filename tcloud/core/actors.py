"""Who did something: what the log and every history store, and the name that is shown beside it."""

import re

FORM = re.compile(r"(user|company|rule|machine):[\w.:@-]{1,60}")
LONGEST_NAME = 80


class Actor(str):
    """`user:17`, `company:24468011`, `rule:self_pay`, `machine:gateway:ecpay`; beside it `name`, to show.

    The reference says who it was. A name is what somebody typed: it proves nothing, and it never stands for a reference.
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, reference: str, name: str = "") -> "Actor":
        if not FORM.fullmatch(reference):
            raise ValueError(f"{reference!r} names no kind of actor")
        self = super().__new__(cls, reference)
        self.name = name[:LONGEST_NAME]
        return self


def person(pk: int, name: str) -> Actor:
    """Somebody with an account."""
    return Actor(f"user:{pk}", name)


def party(ubn: str, name: str = "") -> Actor:
    """A company that acts as such, by its card or its certificate."""
    return Actor(f"company:{ubn}", name)


def rule(name: str) -> Actor:
    """A rule of the call that acts by itself: a field of Rules, or what the programme does under them."""
    return Actor(f"rule:{name}")


def machine(name: str) -> Actor:
    """The platform, an operator's command, or an outside system."""
    return Actor(f"machine:{name}")


PLATFORM = machine("platform")
"""What the platform did without anybody's order, for instance filling its tables."""
PROGRAMME = rule("programme")
"""What the rules of a call bring about: grants, places in the line, clocks that end."""
APPLICANT = machine("join")
"""Somebody who joins and has no account yet: the application is the row's subject."""


def name_of(actor: str) -> str:
    """The name to show beside a reference; a bare reference has none."""
    return actor.name if isinstance(actor, Actor) else ""
