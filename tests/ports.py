"""Ports for a whole product that runs beside another one."""

import socket
from contextlib import ExitStack

PROCESSES = ("WEB", "EVENTS", "CARD_READER", "CA", "ECPAY", "REGISTRY", "MAILBOX", "SMTP")
"""Everything that listens; its variable is TCLOUD_<name>_PORT."""


def free_ports() -> dict[str, int]:
    """A port for each process that nobody uses now; held together, so that they differ."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in PROCESSES]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {name: probe.getsockname()[1] for name, probe in zip(PROCESSES, probes, strict=True)}


def as_variables(ports: dict[str, int]) -> dict[str, str]:
    """The same for an environment."""
    return {f"TCLOUD_{name}_PORT": str(port) for name, port in ports.items()}
