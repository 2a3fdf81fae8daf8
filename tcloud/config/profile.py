"""The three profiles, and what a production start insists on."""

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

REQUIRED = {
    "DATABASE_URL": "DATABASE_URL, for instance postgres://tcloud:…@127.0.0.1/tcloud",
    "SECRET_KEY": "TCLOUD_SECRET_KEY or the file secret-key in TCLOUD_DATA",
    "SECRETS_KEY": "TCLOUD_SECRETS_KEY or the file secrets-key in TCLOUD_DATA",
    "PUBLIC_URL": "TCLOUD_PUBLIC_URL, for instance https://www.example.gov.tw",
    "ALLOWED_HOSTS": "TCLOUD_ALLOWED_HOSTS, for instance www.example.gov.tw",
    "TRUST_ROOTS": "TCLOUD_TRUST_ROOTS, the pinned root certificate files",
    "REVOCATION_HOSTS": "TCLOUD_REVOCATION_HOSTS, the only hosts OCSP and CRL are fetched from",
    "TSA_URL": "TCLOUD_TSA_URL, the RFC 3161 time-stamp service",
    "ORGANISER": "TCLOUD_ORGANISER, shown in the footer",
    "SUPPORT_PHONE": "TCLOUD_SUPPORT_PHONE, shown in header and footer",
}


def secret_from_file(path: Path, *, create: bool) -> str:
    """Read a secret kept beside the data; in a demonstration make it once, readable by its owner only."""
    if path.exists():
        return path.read_text().strip()
    if not create:
        return ""
    path.parent.mkdir(parents=True, exist_ok=True)
    value = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(value)
    except FileExistsError:  # another process of the same start was faster
        return path.read_text().strip()
    return value


def require_production(settings: dict[str, Any]) -> None:
    """Refuse to start with everything that is missing or unsafe, all at once."""
    missing = [f"- {name}: set {hint}" for name, hint in REQUIRED.items() if not settings[name]]
    if not settings["HTTPS"] and settings["PUBLIC_URL"]:
        missing.append("- PUBLIC_URL: must begin with https:// in production")
    if settings["ALLOW_SIMULATED_PAYMENTS"]:
        missing.append("- TCLOUD_ALLOW_SIMULATED_PAYMENTS: simulated payments are never money in production")
    if missing:
        raise ImproperlyConfigured("tcloud cannot start in production:\n" + "\n".join(missing))


LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def require_loopback(settings: dict[str, Any]) -> None:
    """Refuse the examiner's door wherever other people could reach it, or where real money or mail would be touched."""
    addresses = {
        "TCLOUD_PUBLIC_URL": settings["PUBLIC_URL"], "TCLOUD_EVENTS_URL": settings["EVENTS_URL"],
        "TCLOUD_CALLBACK_URL": settings["CALLBACK_URL"], "TCLOUD_ECPAY_URL": settings["ECPAY_URL"],
        "TCLOUD_COMPANY_REGISTRY_URL": settings["COMPANY_REGISTRY_URL"], "TCLOUD_TSA_URL": settings["TSA_URL"],
        "TCLOUD_SMTP_HOST": f"smtp://{settings['EMAIL_HOST']}",
    }  # fmt: skip
    hosts = {name: urlsplit(address).hostname for name, address in addresses.items()}
    hosts |= {f"TCLOUD_ALLOWED_HOSTS ({host})": host.strip("[]") for host in settings["ALLOWED_HOSTS"]}
    hosts |= {f"TCLOUD_REVOCATION_HOSTS ({host})": urlsplit(f"//{host}").hostname for host in settings["REVOCATION_HOSTS"]}
    wrong = [f"- {name}: {host} is not this machine" for name, host in hosts.items() if host not in LOOPBACK]
    if wrong:
        raise ImproperlyConfigured(
            "tcloud cannot start: in TCLOUD_PROFILE=examination a script may sign in as anybody, so every address must be "
            "localhost. In production leave TCLOUD_PROFILE out; for a demonstration set it to demo.\n" + "\n".join(wrong)
        )
