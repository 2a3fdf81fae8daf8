"""What a start insists on: production with nothing missing, unsafe or unusable; the examiner's door on this machine only."""

import base64
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import RequestFactory
from typer.testing import CliRunner

from tcloud.cli import main
from tcloud.config.environment import Environment
from tcloud.config.profile import problems_of_examination, problems_of_production, refuse_to_start
from tcloud.core.profile import Profile, is_loopback
from tcloud.web.access import demo_only, examination_only

ROOT = Path(__file__).parents[2]
Settings = dict[str, object]


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A certificate file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(start).not_valid_after(start + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "root.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(tmp_path / "root.crt")


@pytest.fixture
def good(root: str) -> Settings:
    """Settings of a production as it should be."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48), "SECRETS_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE": {"ENGINE": "django.db.backends.postgresql", "NAME": "tcloud", "HOST": "db.internal", "PASSWORD": "hers"},
        "DEBUG": False, "ALLOW_SIMULATED_PAYMENTS": False, "PROXIES": 1, "METRICS_TOKEN": "",
        "KEY_STORE_FOLDER": "", "KEY_STORE_PASSWORD": "",
        "PUBLIC_URL": "https://www.cloud.gov.tw", "EVENTS_URL": "https://www.cloud.gov.tw",
        "CALLBACK_URL": "https://www.cloud.gov.tw", "ALLOWED_HOSTS": ["www.cloud.gov.tw", "www.example.gov.tw"],
        "ECPAY_URL": "https://payment.ecpay.com.tw", "COMPANY_REGISTRY_URL": "https://data.gcis.nat.gov.tw",
        "TSA_URL": "http://tsa.cloud.gov.tw/tsa", "TRUST_ROOTS": [root], "TRUST_INTERMEDIATES": [], "TSA_ROOTS": [root],
        "REVOCATION_HOSTS": ["moeaca.nat.gov.tw"], "ORGANISER": "署", "EXECUTOR": "會", "SUPPORT_PHONE": "0800-111-222",
        "SUPPORT_EMAIL": "", "EMAIL_HOST": "localhost", "DEFAULT_FROM_EMAIL": "雲市集 <no-reply@cloud.gov.tw>",
    }  # fmt: skip


def test_a_production_as_it_should_be_starts(good: Settings) -> None:
    assert problems_of_production(good) == []
    refuse_to_start([])


WRONG: list[tuple[str, object, str]] = [
    ("SECRET_KEY", "", "TCLOUD_SECRET_KEY"), ("SECRET_KEY", "a-long-random-string", "TCLOUD_SECRET_KEY"),
    ("SECRET_KEY", "x" * 80, "TCLOUD_SECRET_KEY"), ("SECRETS_KEY", "32-random-bytes-in-url-safe-base64", "TCLOUD_SECRETS_KEY"),
    ("SECRETS_KEY", base64.urlsafe_b64encode(bytes(32)).decode(), "TCLOUD_SECRETS_KEY"),
    ("SECRETS_KEY", base64.urlsafe_b64encode(bytes(range(31))).decode(), "TCLOUD_SECRETS_KEY"),
    ("SECRETS_KEY", "不是", "TCLOUD_SECRETS_KEY"),
    ("DATABASE", {"ENGINE": "django.db.backends.dummy"}, "DATABASE_URL"),
    ("DATABASE", {"NAME": "tcloud", "PASSWORD": "change-me"}, "DATABASE_URL"),
    ("DEBUG", True, "TCLOUD_DEBUG"), ("ALLOW_SIMULATED_PAYMENTS", True, "TCLOUD_ALLOW_SIMULATED_PAYMENTS"),
    ("PROXIES", 0, "TCLOUD_PROXIES"), ("METRICS_TOKEN", "short", "TCLOUD_METRICS_TOKEN"),
    ("ALLOWED_HOSTS", ["*"], "TCLOUD_ALLOWED_HOSTS"), ("ALLOWED_HOSTS", ["else.gov.tw"], "TCLOUD_ALLOWED_HOSTS"),
    ("ALLOWED_HOSTS", [], "TCLOUD_ALLOWED_HOSTS"), ("PUBLIC_URL", "", "TCLOUD_PUBLIC_URL"),
    ("PUBLIC_URL", "http://www.cloud.gov.tw", "TCLOUD_PUBLIC_URL"), ("PUBLIC_URL", "https://www.example.gov.tw", "TCLOUD_PUBLIC_URL"),
    ("EVENTS_URL", "http://events.cloud.gov.tw", "TCLOUD_EVENTS_URL"), ("CALLBACK_URL", "http://www.cloud.gov.tw", "TCLOUD_CALLBACK_URL"),
    ("CALLBACK_URL", "https://127.0.0.1", "TCLOUD_CALLBACK_URL"), ("ECPAY_URL", "http://127.0.0.1:8020", "TCLOUD_ECPAY_URL"),
    ("ECPAY_URL", "https://localhost:8020", "TCLOUD_ECPAY_URL"), ("COMPANY_REGISTRY_URL", "https://[::1", "TCLOUD_COMPANY_REGISTRY_URL"),
    ("TSA_URL", "", "TCLOUD_TSA_URL"), ("TSA_URL", "ftp://tsa.cloud.gov.tw", "TCLOUD_TSA_URL"), ("TSA_URL", "https://tsa.example/rfc3161", "TCLOUD_TSA_URL"),
    ("TRUST_ROOTS", [], "TCLOUD_TRUST_ROOTS"), ("TRUST_ROOTS", ["/nowhere/root.crt"], "TCLOUD_TRUST_ROOTS"),
    ("TRUST_ROOTS", [__file__], "TCLOUD_TRUST_ROOTS"), ("TRUST_INTERMEDIATES", [__file__], "TCLOUD_TRUST_INTERMEDIATES"),
    ("TSA_ROOTS", ["/nowhere/tsa.crt"], "TCLOUD_TSA_ROOTS"), ("REVOCATION_HOSTS", [], "TCLOUD_REVOCATION_HOSTS"),
    ("ORGANISER", "", "TCLOUD_ORGANISER"), ("ORGANISER", "（主辦單位）", "TCLOUD_ORGANISER"), ("SUPPORT_PHONE", "0800-000-000", "TCLOUD_SUPPORT_PHONE"),
    ("EMAIL_HOST", "smtp.example", "TCLOUD_SMTP_HOST"), ("DEFAULT_FROM_EMAIL", "雲市集 <no-reply@tcloud.example>", "TCLOUD_MAIL_FROM"),
    ("DEFAULT_FROM_EMAIL", "雲市集", "TCLOUD_MAIL_FROM"), ("SUPPORT_EMAIL", "service@example.gov.tw", "TCLOUD_SUPPORT_EMAIL"),
]  # fmt: skip


def test_a_key_store_is_its_owners_alone(good: Settings, tmp_path: Path) -> None:
    kept = {"KEY_STORE_FOLDER": str(tmp_path), "KEY_STORE_PASSWORD": "a password of some length"}
    tmp_path.chmod(0o700)
    assert problems_of_production(good | kept) == []
    tmp_path.chmod(0o750)
    for change, variable in (
        ({}, "TCLOUD_KEY_STORE"), ({"KEY_STORE_FOLDER": "/nowhere"}, "TCLOUD_KEY_STORE"),
    ):  # fmt: skip
        (line,) = problems_of_production(good | kept | change)
        assert line.startswith(f"- {variable}: ")
    tmp_path.chmod(0o700)
    (line,) = problems_of_production(good | kept | {"KEY_STORE_PASSWORD": "short"})
    assert line.startswith("- TCLOUD_KEY_STORE_PASSWORD: ")


@pytest.mark.parametrize(("name", "value", "variable"), WRONG)
def test_one_wrong_setting_is_one_finding_that_names_its_variable(good: Settings, name: str, value: object, variable: str) -> None:
    found = problems_of_production(good | {name: value})
    assert [line.partition(":")[0] for line in found] == [f"- {variable}"]


def test_everything_wrong_is_said_at_once(good: Settings) -> None:
    everything = good | {name: value for name, value, _variable in reversed(WRONG)}
    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_to_start(problems_of_production(everything))
    assert {variable for _name, _value, variable in WRONG} <= set(re.findall(r"^- (\w+):", str(refused.value), re.M))


def start(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, which knows these variables only."""
    environment = {"PATH": os.environ["PATH"], "TCLOUD_DATA": "/nonexistent"} | variables
    return subprocess.run(
        [sys.executable, "-m", "tcloud.cli.main", *command], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_example_as_it_stands_does_not_start() -> None:
    """Each of its placeholders is named; what needs no change is not."""
    lines = [line for line in (ROOT / "env.example").read_text().splitlines() if "=" in line and not line.startswith("#")]
    refused = start("migrate", **dict(line.split("=", 1) for line in lines if line.partition("=")[2]))
    assert refused.returncode == 2
    named = set(re.findall(r"^- (\w+):", refused.stderr, re.M))
    assert named == {
        "DATABASE_URL", "TCLOUD_SECRET_KEY", "TCLOUD_SECRETS_KEY", "TCLOUD_PUBLIC_URL", "TCLOUD_EVENTS_URL", "TCLOUD_CALLBACK_URL",
        "TCLOUD_TRUST_ROOTS", "TCLOUD_TRUST_INTERMEDIATES", "TCLOUD_TSA_URL", "TCLOUD_TSA_ROOTS", "TCLOUD_ORGANISER",
        "TCLOUD_EXECUTOR", "TCLOUD_SUPPORT_PHONE", "TCLOUD_SUPPORT_EMAIL", "TCLOUD_SMTP_HOST", "TCLOUD_MAIL_FROM",
    }  # fmt: skip


def test_what_cannot_be_read_is_in_the_list_and_no_traceback() -> None:
    refused = start(
        "serve", TCLOUD_WEB_PORT="abc", TCLOUD_CA_PORT="70000", DATABASE_URL="nonsense", TCLOUD_CARD_CLOCK_TOLERANCE_MINUTES="x",
        TCLOUD_DEBUG="perhaps", TCLOUD_PROXIES="-1",
    )  # fmt: skip
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    named = re.findall(r"^- (\w+):", refused.stderr, re.M)
    assert {"TCLOUD_WEB_PORT", "TCLOUD_CA_PORT", "DATABASE_URL", "TCLOUD_CARD_CLOCK_TOLERANCE_MINUTES", "TCLOUD_DEBUG", "TCLOUD_PUBLIC_URL"} <= set(named)
    assert named.count("DATABASE_URL") == 1


def test_an_unknown_profile_is_named_for_every_command() -> None:
    refused = start("manage", "check", TCLOUD_PROFILE="bogus")
    assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert "TCLOUD_PROFILE: set production, demo, examination" in refused.stderr


@pytest.mark.parametrize(("name", "text"), [("int", "x"), ("int", "-3"), ("bool", "perhaps"), ("port", "0"), ("profile", "Demo")])
def test_the_reader_remembers_and_goes_on(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv("TCLOUD_X", text)
    env = Environment()
    read: Callable[..., object] = getattr(env, name)
    read("TCLOUD_X", *([] if name == "profile" else [1]))
    assert len(env.problems) == 1
    assert text in env.problems[0]


def test_a_password_in_an_unreadable_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:geheim@127.0.0.1/x")
    env = Environment()
    env.database("DATABASE_URL", "")
    assert len(env.problems) == 1
    assert "geheim" not in env.problems[0]


# The examiner's door ----------------------------------------------------------------------------------------

LOCAL = {
    "PUBLIC_URL": "http://localhost:8000", "EVENTS_URL": "http://localhost:8001", "CALLBACK_URL": "http://127.0.0.1:8000",
    "ECPAY_URL": "http://127.0.0.1:8020", "COMPANY_REGISTRY_URL": "http://127.0.0.1:8030", "TSA_URL": "http://[::1]/tsa",
    "EMAIL_HOST": "127.0.0.1", "REVOCATION_HOSTS": ["127.0.0.1:8010"], "ALLOWED_HOSTS": ["localhost", "[::1]"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("database", "environment", "passes"),
    [
        ({"HOST": ""}, {}, True), ({"HOST": "127.0.0.1"}, {}, True), ({"HOST": "/var/run/postgresql"}, {}, True),
        ({"HOST": "", "OPTIONS": {"host": "/tmp/s"}}, {}, True), ({"HOST": "localhost,127.0.0.2"}, {}, True),
        ({"HOST": "db.gov.tw"}, {}, False), ({"HOST": "", "OPTIONS": {"host": "10.0.0.5"}}, {}, False),
        ({"HOST": "localhost", "OPTIONS": {"hostaddr": "10.0.0.5"}}, {}, False), ({"HOST": "localhost,10.0.0.5"}, {}, False),
        ({"HOST": ""}, {"PGHOST": "10.0.0.5"}, False), ({"HOST": ""}, {"PGSERVICE": "x"}, False),
        ({"HOST": "127.0.0.1"}, {"PGHOST": "10.0.0.5"}, True),
    ],
)  # fmt: skip
def test_the_examined_database_is_this_machines_own(database: Settings, environment: dict[str, str], passes: bool) -> None:
    found = problems_of_examination(LOCAL | {"DATABASE": database}, environment)
    assert (found == []) is passes
    assert passes or "DATABASE_URL" in found[-1]


@pytest.mark.parametrize("command", ["serve", "events"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.5", ""])
def test_the_door_is_not_served_to_a_network(settings, monkeypatch: pytest.MonkeyPatch, command: str, host: str) -> None:
    settings.PROFILE = Profile.EXAMINATION
    monkeypatch.setattr(main, "_django", lambda: None)
    monkeypatch.setattr("granian.Granian.serve", lambda server: pytest.fail("it serves"))
    monkeypatch.setattr("uvicorn.run", lambda *args, **options: pytest.fail("it serves"))
    refused = CliRunner().invoke(main.app, [command, "--host", host])
    assert (refused.exit_code, "this machine only" in refused.output.replace("\n", " ")) == (2, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_machine_it_is_served(settings, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    settings.PROFILE = Profile.EXAMINATION
    served: list[object] = []
    monkeypatch.setattr(main, "_django", lambda: None)
    monkeypatch.setattr("granian.Granian.serve", lambda server: served.append(server))  # noqa: PLW0108  (bound as a method)
    done = CliRunner().invoke(main.app, ["serve", "--host", host, "--port", "1"])
    assert (done.exit_code, len(served)) == (0, 1), done.exception


@pytest.mark.parametrize("rule", [examination_only, demo_only])
@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200), ({"REMOTE_ADDR": "::1"}, 200), ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "192.0.2.5"}, 403), ({"REMOTE_ADDR": ""}, 403),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.5"}, 403), ({"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=1"}, 403),
    ],
)  # fmt: skip
def test_a_stranger_who_says_localhost_is_refused(settings, rf: RequestFactory, rule: Callable[..., Callable[..., HttpResponse]], facts: dict[str, str], status: int) -> None:
    settings.PROFILE = Profile.EXAMINATION
    view = rule(lambda request: HttpResponse())
    assert view(rf.get("/", HTTP_HOST="localhost", **facts)).status_code == status


def test_what_counts_as_this_machine() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.9", "::1")] == [True] * 3
    assert [is_loopback(host) for host in ("", "0.0.0.0", "::", "localhost.example", "10.0.0.1")] == [False] * 5
