"""What the services do today: work, fail, lag or lie. Kept in the authority's folder."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from simulators.certificate_authority.revocation import Lie
from simulators.certificate_authority.storage import locked, write


class Behaviour(StrEnum):
    """How a service behaves."""

    OK = "ok"
    DOWN = "down"
    SLOW = "slow"
    WRONG_SIGNATURE = "wrong_signature"
    STALE = "stale"

    @property
    def lie(self) -> Lie | None:
        """The untruth it tells, if any."""
        return Lie(self.value) if self.value in set(Lie) else None


SERVICES = ("ocsp", "crl", "tsa")


@dataclass(frozen=True, slots=True)
class Switches:
    """The switch of each service, read afresh for each request."""

    folder: Path

    @property
    def _path(self) -> Path:
        return self.folder / "switches.json"

    def all(self) -> dict[str, Behaviour]:
        """Every service with its behaviour."""
        stored = json.loads(self._path.read_text()) if self._path.exists() else {}
        return {service: Behaviour(stored.get(service, Behaviour.OK)) for service in SERVICES}

    def set(self, service: str, behaviour: Behaviour) -> None:
        """Turn one switch; KeyError for a service there is not."""
        if service not in SERVICES:
            raise KeyError(service)
        with locked(self.folder):
            write(self._path, json.dumps(self.all() | {service: behaviour}).encode())
