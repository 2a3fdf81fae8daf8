"""The command that makes further cards: they are in the reader's drawer at once, and wrong in the way that was asked."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators import people
from simulators.card_reader import pages
from simulators.card_reader.state import Store
from simulators.certificate_authority import __main__ as command
from simulators.certificate_authority.names import IssuerKey, Rank
from simulators.certificate_authority.pki import Authority

UBN = "24536806"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.open(tmp_path_factory.mktemp("data") / "ca", holders=people.COMPANIES[:1])


@pytest.fixture
def issue(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> object:
    def run(*words: str) -> None:
        monkeypatch.setattr(command, "open_authority", lambda: authority)
        monkeypatch.setattr("sys.argv", ["ca", "issue", "--ubn", UBN, "--name", "測試有限公司", *words])
        command.main()

    return run


def test_a_further_card_is_in_the_drawer(authority: Authority, issue: object, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    issue("--pin", "778899", "--card-number", "MT00000000001234")  # type: ignore[operator]
    card = authority.card(UBN)
    assert (card.spec.pin, card.spec.card_number, card.spec.issuer) == ("778899", "MT00000000001234", IssuerKey.MOEACA_G3)
    assert "PIN 778899" in capsys.readouterr().out
    assert f'value="{UBN}"' in pages.index(authority, Store(tmp_path / "desk.json").read())


@pytest.mark.parametrize(
    ("flag", "wrong"),
    [
        ("--expired", lambda card, ca: card.certificate.not_valid_after_utc < datetime.now(UTC)),
        ("--not-yet-valid", lambda card, ca: card.certificate.not_valid_before_utc > datetime.now(UTC) + timedelta(days=365)),
        ("--locked", lambda card, ca: card.spec.locked),
        ("--revoked", lambda card, ca: card.certificate.serial_number in ca.revocations()),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it(authority: Authority, issue: object, flag: str, wrong: object) -> None:
    issue("--id", f"special{flag}", flag)  # type: ignore[operator]
    assert wrong(authority.card(f"special{flag}"), authority)  # type: ignore[operator]


def test_rank_and_generation(authority: Authority, issue: object) -> None:
    issue("--id", "old-secondary", "--rank", "secondary", "--issuer", "moeaca-g2")  # type: ignore[operator]
    card = authority.card("old-secondary")
    assert card.spec.rank is Rank.SECONDARY
    assert card.chain[0] == authority.issuer(IssuerKey.MOEACA_G2).certificate
