"""Reads environment variables and remembers every one that cannot be read, so that a start names all of them at once."""

import builtins  # the reader's verbs have the names that environs gives them, which hide the types
from collections.abc import Callable
from typing import Any, TypeVar

from dj_database_url import ParseError, UnknownSchemeError
from dj_database_url import parse as parse_database_url
from environs import Env, EnvError

from tcloud.core.profile import Profile

T = TypeVar("T")
POSTGRESQL = "django.db.backends.postgresql"
NO_DATABASE = {"ENGINE": "django.db.backends.dummy"}
HIGHEST_PORT = 65_535


class Environment:
    """`problems` holds one line for each variable that says something unreadable; its default stands in for it."""

    def __init__(self) -> None:
        self._env = Env()
        self.problems: builtins.list[builtins.str] = []

    def _read(self, read: Callable[[builtins.str, T], T], name: builtins.str, default: T, wanted: builtins.str) -> T:
        try:
            return read(name, default)
        except EnvError:
            self.problems.append(f"- {name}: {wanted}, not “{self._env.str(name)}”")
            return default

    def str(self, name: builtins.str, default: builtins.str) -> builtins.str:
        """A text."""
        return builtins.str(self._env.str(name, default))

    def int(self, name: builtins.str, default: builtins.int) -> builtins.int:
        """A whole number, not below zero."""
        found = self._read(self._env.int, name, default, "set a whole number")
        if found < 0:
            self.problems.append(f"- {name}: set a whole number that is not below zero, not {found}")
            return default
        return found

    def port(self, name: builtins.str, default: builtins.int) -> builtins.int:
        """A port, so that every one can be moved."""
        found = self.int(name, default)
        if not 1 <= found <= HIGHEST_PORT:
            self.problems.append(f"- {name}: set a port from 1 to {HIGHEST_PORT}, not {found}")
            return default
        return found

    def bool(self, name: builtins.str, default: builtins.bool) -> builtins.bool:
        """true or false."""
        return self._read(self._env.bool, name, default, "set true or false")

    def list(self, name: builtins.str, default: builtins.list[builtins.str]) -> builtins.list[builtins.str]:
        """Names with commas between; empty ones are dropped."""
        return [item.strip() for item in self._env.list(name, default) if item.strip()]

    def profile(self, name: builtins.str) -> Profile | None:
        """Where the product runs: production if nothing is said, None if what is said means nothing."""
        said = self.str(name, Profile.PRODUCTION)
        if said in set(Profile):
            return Profile(said)
        self.problems.append(f"- {name}: set {', '.join(Profile)}, or leave it out for production; not “{said}”")
        return None

    def database(self, name: builtins.str, default: builtins.str) -> dict[builtins.str, Any]:
        """A PostgreSQL address as Django's dictionary; a dummy where there is none."""
        said = self.str(name, default)
        if not said:
            return dict(NO_DATABASE)
        try:
            found = dict(parse_database_url(said))
        except (ParseError, UnknownSchemeError, ValueError):
            found = {}
        if found.get("ENGINE") != POSTGRESQL:
            # Not repeated: a password may stand in it.
            self.problems.append(f"- {name}: set a PostgreSQL address, for instance postgres://tcloud:…@127.0.0.1/tcloud")
            return NO_DATABASE | {"NAME": "unreadable"}
        return found
