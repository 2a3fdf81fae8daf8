"""What a start in production, and one with the examiner's door, insists on: each finding says what to set."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from tcloud.adapters.pki.chain import load_certificates
from tcloud.core.profile import is_loopback

REQUIRED = {
    "SECRET_KEY": "TCLOUD_SECRET_KEY: set a long random text, or write it into the file secret-key in TCLOUD_DATA",
    "SECRETS_KEY": "TCLOUD_SECRETS_KEY: set 32 random bytes in url-safe base64, or write them into the file secrets-key in TCLOUD_DATA",
    "PUBLIC_URL": "TCLOUD_PUBLIC_URL: set the address people type, for instance https://www.your-name.gov.tw",
    "ALLOWED_HOSTS": "TCLOUD_ALLOWED_HOSTS: set the host of TCLOUD_PUBLIC_URL",
    "TRUST_ROOTS": "TCLOUD_TRUST_ROOTS: set the pinned root certificate files",
    "REVOCATION_HOSTS": "TCLOUD_REVOCATION_HOSTS: set the only hosts OCSP and CRL are fetched from",
    "TSA_URL": "TCLOUD_TSA_URL: set the RFC 3161 time-stamp service",
    "ORGANISER": "TCLOUD_ORGANISER: set who organises the programme, shown in the footer",
    "SUPPORT_PHONE": "TCLOUD_SUPPORT_PHONE: set the number shown in header and footer",
}
LEAST_SECRET_CHARACTERS = 50
LEAST_DIFFERENT_CHARACTERS = 10
LEAST_TOKEN_CHARACTERS = 16
SECRETS_KEY_BYTES = 32
ONLY_EXAMPLES = ("example", "example.com", "example.net", "example.org", "example.gov.tw", "invalid")
"""Names of RFC 2606, and the one that `env.example` uses: nobody can be reached there."""
PLACEHOLDERS = {"ORGANISER": "（主辦單位）", "EXECUTOR": "（執行單位）", "SUPPORT_PHONE": "0800-000-000"}
"""What stands in `env.example` where only the operator knows the text."""


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


def refuse_to_start(problems: Iterable[str]) -> None:
    """Say everything that is wrong at once, and start nothing. Raises ImproperlyConfigured unless all is well."""
    lines = list(dict.fromkeys(problems))
    if lines:
        raise ImproperlyConfigured("tcloud cannot start with these settings:\n" + "\n".join(lines))


def problems_of_production(settings: Mapping[str, Any]) -> list[str]:
    """Everything that is missing, unsafe or unusable in production, one line each."""
    return [
        *_missing(settings), *_secrets(settings), *_switches(settings), *_addresses(settings), *_certificates(settings),
        *_key_store(settings), *_texts(settings),
    ]  # fmt: skip


def _missing(settings: Mapping[str, Any]) -> list[str]:
    return [f"- {hint}" for name, hint in REQUIRED.items() if not settings[name]]


def _secrets(settings: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    secret, key = settings["SECRET_KEY"], settings["SECRETS_KEY"]
    if secret and (len(secret) < LEAST_SECRET_CHARACTERS or len(set(secret)) < LEAST_DIFFERENT_CHARACTERS):
        found.append(
            f"- TCLOUD_SECRET_KEY: set at least {LEAST_SECRET_CHARACTERS} random characters; `python3 -c 'import secrets; "
            "print(secrets.token_urlsafe(48))'` makes some"
        )
    if key and not _is_random_key(key):
        found.append(
            "- TCLOUD_SECRETS_KEY: set 32 random bytes in url-safe base64; `python3 -c 'import base64, secrets; "
            "print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'` makes them"
        )
    if (settings["DATABASE"].get("PASSWORD") or "") == "change-me":
        found.append("- DATABASE_URL: set a password of your own, not the one of env.example")
    token = settings["METRICS_TOKEN"]
    if token and (len(token) < LEAST_TOKEN_CHARACTERS or len(set(token)) < LEAST_DIFFERENT_CHARACTERS):
        found.append(f"- TCLOUD_METRICS_TOKEN: set at least {LEAST_TOKEN_CHARACTERS} random characters, or leave it out")
    return found


def _is_random_key(text: str) -> bool:
    """Whether a text is 32 bytes in url-safe base64 that somebody drew by lot."""
    try:
        key = urlsafe_b64decode(text.encode())
    except (NotBase64, ValueError):
        return False
    exact = urlsafe_b64encode(key).decode().rstrip("=") == text.rstrip("=")
    return exact and len(key) == SECRETS_KEY_BYTES and len(set(key)) >= LEAST_DIFFERENT_CHARACTERS


def _key_store(settings: Mapping[str, Any]) -> list[str]:
    """Vendors' signing keys, where any are kept: a folder of its owner alone, under a password."""
    folder = settings["KEY_STORE_FOLDER"]
    if not folder:
        return []
    found: list[str] = []
    if not Path(folder).is_dir():
        found.append(f"- TCLOUD_KEY_STORE: {folder} is no folder; make it, or leave the variable out")
    elif Path(folder).stat().st_mode & 0o077:
        found.append(f"- TCLOUD_KEY_STORE: others may enter {folder}; chmod 700, its files 600: they sign contracts")
    if len(settings["KEY_STORE_PASSWORD"]) < LEAST_TOKEN_CHARACTERS:
        found.append(f"- TCLOUD_KEY_STORE_PASSWORD: set at least {LEAST_TOKEN_CHARACTERS} characters, those the files are encrypted with")
    return found


def _switches(settings: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    if not settings["DATABASE"].get("NAME"):
        found.append("- DATABASE_URL: set the PostgreSQL database, for instance postgres://tcloud:…@127.0.0.1/tcloud")
    if settings["DEBUG"]:
        found.append("- TCLOUD_DEBUG: leave it out; it shows strangers our code and settings")
    if settings["ALLOW_SIMULATED_PAYMENTS"]:
        found.append("- TCLOUD_ALLOW_SIMULATED_PAYMENTS: leave it out; simulated payments are never money in production")
    if settings["PROXIES"] < 1:
        found.append(
            "- TCLOUD_PROXIES: set how many proxies stand in front (1, nearly always): `tcloud serve` speaks plain HTTP, so "
            "without one that says X-Forwarded-Proto every page would redirect to itself for ever"
        )
    hosts, public = settings["ALLOWED_HOSTS"], urlsplit(settings["PUBLIC_URL"]).hostname or ""
    if "*" in hosts:
        found.append("- TCLOUD_ALLOWED_HOSTS: name the hosts; with * a stranger's Host header ends up in our links")
    elif hosts and public and not any(host == public or (host.startswith(".") and public.endswith(host)) for host in hosts):
        found.append(f"- TCLOUD_ALLOWED_HOSTS: add {public}, the host of TCLOUD_PUBLIC_URL; its pages would answer 400")
    return found


def _addresses(settings: Mapping[str, Any]) -> list[str]:
    """Ours and the gateway's are HTTPS. Time stamps are signed, so plain HTTP does for them, as nearly all services have it."""
    https = {
        "TCLOUD_PUBLIC_URL": settings["PUBLIC_URL"], "TCLOUD_EVENTS_URL": settings["EVENTS_URL"],
        "TCLOUD_CALLBACK_URL": settings["CALLBACK_URL"], "TCLOUD_ECPAY_URL": settings["ECPAY_URL"],
        "TCLOUD_COMPANY_REGISTRY_URL": settings["COMPANY_REGISTRY_URL"],
    }  # fmt: skip
    found = [_wrong_address(name, address, ("https",)) for name, address in https.items() if address]
    if settings["TSA_URL"]:
        found.append(_wrong_address("TCLOUD_TSA_URL", settings["TSA_URL"], ("https", "http")))
    if _is_example(settings["EMAIL_HOST"]):
        found.append(f"- TCLOUD_SMTP_HOST: set your mail server; {settings['EMAIL_HOST']} is only an example")
    return [line for line in found if line]


def _wrong_address(name: str, address: str, schemes: tuple[str, ...]) -> str:
    """What is wrong with an address of the real world; empty if nothing is."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return f"- {name}: set an address, not “{address}”"
    if parts.scheme not in schemes or not host:
        return f"- {name}: must begin with {' or '.join(f'{scheme}://' for scheme in schemes)} and name a host, not “{address}”"
    if is_loopback(host):
        return f"- {name}: set the real address; {host} is this machine, where only simulators answer"
    return f"- {name}: set the real address; {host} is only an example" if _is_example(host) else ""


def _is_example(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in ONLY_EXAMPLES)


def _certificates(settings: Mapping[str, Any]) -> list[str]:
    """Files that are named must be there and hold certificates, or the first card would find out."""
    found: list[str] = []
    for name in ("TRUST_ROOTS", "TRUST_INTERMEDIATES", "TSA_ROOTS"):
        for file in settings[name]:
            try:
                empty = not load_certificates([file])
            except ImproperlyConfigured as error:
                found.append(f"- TCLOUD_{name}: {error}")
            else:
                found += [f"- TCLOUD_{name}: {file} holds no certificate"] if empty else []
    return found


def _texts(settings: Mapping[str, Any]) -> list[str]:
    found = [
        f"- TCLOUD_{name}: set your own text instead of “{text}”, which is only an example"
        for name, text in PLACEHOLDERS.items()
        if settings[name] == text
    ]
    for name, sender in (("MAIL_FROM", settings["DEFAULT_FROM_EMAIL"]), ("SUPPORT_EMAIL", settings["SUPPORT_EMAIL"])):
        address = parseaddr(sender)[1]
        host = address.rpartition("@")[2]
        if (sender and "@" not in address) or _is_example(host):
            found.append(f"- TCLOUD_{name}: set an address of your own, not “{sender}”")
    return found


def problems_of_examination(settings: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """Refuse the examiner's door wherever other people could reach it, or where real money, mail or data would be touched."""
    addresses = {
        "TCLOUD_PUBLIC_URL": settings["PUBLIC_URL"], "TCLOUD_EVENTS_URL": settings["EVENTS_URL"],
        "TCLOUD_CALLBACK_URL": settings["CALLBACK_URL"], "TCLOUD_ECPAY_URL": settings["ECPAY_URL"],
        "TCLOUD_COMPANY_REGISTRY_URL": settings["COMPANY_REGISTRY_URL"], "TCLOUD_TSA_URL": settings["TSA_URL"],
        "TCLOUD_SMTP_HOST": f"smtp://{settings['EMAIL_HOST']}",
    }  # fmt: skip
    hosts = {name: urlsplit(address).hostname for name, address in addresses.items()}
    hosts |= {f"TCLOUD_ALLOWED_HOSTS ({host})": host.strip("[]") for host in settings["ALLOWED_HOSTS"]}
    hosts |= {f"TCLOUD_REVOCATION_HOSTS ({host})": urlsplit(f"//{host}").hostname for host in settings["REVOCATION_HOSTS"]}
    hosts |= {f"DATABASE_URL ({host})": host for host in _database_hosts(settings["DATABASE"], environment)}
    wrong = [f"- {name}: {host} is not this machine" for name, host in hosts.items() if not is_loopback(host or "")]
    why = (
        "- TCLOUD_PROFILE: in examination a script may sign in as anybody, so every address must be localhost. In production "
        "leave TCLOUD_PROFILE out; for a demonstration set it to demo."
    )
    return [why, *wrong] if wrong else []


def _database_hosts(database: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """Hosts a connection could go to, as libpq reads them; sockets (a folder, or nothing at all) are this machine's own."""
    options = database.get("OPTIONS", {})
    said = [database.get("HOST") or "", options.get("host") or "", options.get("hostaddr") or ""]
    if not any(said):
        said = [environment.get("PGHOST", ""), environment.get("PGHOSTADDR", "")]
    said.append("a service file" if options.get("service") or environment.get("PGSERVICE") else "")
    return [host for hosts in said for host in hosts.split(",") if host and not host.startswith(("/", "@"))]
