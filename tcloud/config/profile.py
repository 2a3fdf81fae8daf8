"""The three profiles, and what a production start insists on."""

import secrets
from base64 import urlsafe_b64encode
from enum import StrEnum
from pathlib import Path
from typing import Any

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


class Profile(StrEnum):
    """Where the product runs; the examiner's door exists in `examination` only."""

    PRODUCTION = "production"
    DEMO = "demo"
    EXAMINATION = "examination"


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
