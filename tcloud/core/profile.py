"""Where the product runs, and whether an address is this machine's own."""

from enum import StrEnum
from ipaddress import ip_address


class Profile(StrEnum):
    """Where the product runs; the examiner's door exists in `examination` only."""

    PRODUCTION = "production"
    DEMO = "demo"
    EXAMINATION = "examination"


def is_loopback(host: str) -> bool:
    """Whether a host name or an IP address can only mean this machine. Empty means any address, so it does not."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
