"""`python -m simulators.certificate_authority` serves; `… issue --ubn … --name …` makes a card."""

import argparse
import os
from datetime import datetime, timedelta

import uvicorn

from simulators import clock
from simulators.certificate_authority.app import create_app
from simulators.certificate_authority.names import CardKind, IssuerKey, Rank
from simulators.certificate_authority.pki import YEAR, Authority, CardSpec


def port() -> int:
    """Where the authority listens."""
    return int(os.environ.get("TCLOUD_CA_PORT", "8010"))


def open_authority() -> Authority:
    """The authority of this demonstration, in `$TCLOUD_DATA/ca`."""
    return Authority.open(clock.data_folder() / "ca", f"http://127.0.0.1:{port()}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.certificate_authority", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve until stopped (the default)")
    issue = commands.add_parser("issue", help="make a card and put it into the card reader's drawer")
    issue.add_argument(
        "--ubn", required=True, help="統一編號; for a person the last four characters of the ID"
    )
    issue.add_argument("--name", required=True)
    issue.add_argument("--kind", type=CardKind, default=CardKind.COMPANY, choices=list(CardKind))
    issue.add_argument("--rank", type=Rank, default=Rank.PRIMARY, choices=list(Rank))
    issue.add_argument("--issuer", type=IssuerKey, choices=list(IssuerKey), help="which authority signs")
    issue.add_argument("--id", default="", help="name in the drawer, if not the number")
    issue.add_argument("--pin", default="123456")
    issue.add_argument("--card-number", default="", help="sixteen characters")
    issue.add_argument("--locked", action="store_true")
    issue.add_argument("--expired", action="store_true")
    issue.add_argument("--not-yet-valid", action="store_true")
    issue.add_argument("--revoked", action="store_true")
    return parser.parse_args()


def _validity(options: argparse.Namespace, now: datetime) -> tuple[datetime, datetime]:
    day = timedelta(days=1)
    if options.expired:
        return now - 35 * day, now - day
    if options.not_yet_valid:
        return now + 5 * YEAR, now + 10 * YEAR
    return now - 30 * day, now + 10 * YEAR


def issue_card(options: argparse.Namespace) -> None:
    """Make the card and say so."""
    authority, now = open_authority(), clock.now()
    usual = IssuerKey.MOICA if options.kind is CardKind.PERSON else IssuerKey.MOEACA_G3
    start, end = _validity(options, now)
    card = authority.issue(
        CardSpec(
            options.ubn,
            options.name,
            options.kind,
            options.rank,
            options.issuer or usual,
            card_id=options.id,
            card_number=options.card_number,
            pin=options.pin,
            locked=options.locked,
            not_before=start,
            not_after=end,
        )
    )
    if options.revoked:
        authority.revoke(card.certificate.serial_number, at=now)
    print(f"{card.spec.name}: card {card.card_id}, number {card.spec.card_number}, PIN {card.spec.pin}")  # noqa: T201


def main() -> None:
    """Do what the command line says."""
    options = _arguments()
    if options.command == "issue":
        issue_card(options)
    else:
        uvicorn.run(create_app(open_authority()), host="127.0.0.1", port=port(), log_level="warning")


if __name__ == "__main__":
    main()
