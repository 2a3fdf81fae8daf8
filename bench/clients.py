"""One client of the posting rows, a process of its own: `python -m bench.clients PREFIX ACCOUNTS SECONDS`.

Says "ready", waits for a line, posts until the time is over, and says how many it posted.
"""

import os
import random
import sys
import time
from datetime import UTC, datetime

NOW = datetime(2026, 4, 20, tzinfo=UTC)


def main(prefix: str, accounts: int, seconds: float) -> None:
    """Post single points between neighbouring accounts, one transaction each, through the service layer."""
    import django

    django.setup()
    from django.db import transaction

    from tcloud.ledger.chart import Place
    from tcloud.ledger.services.posting import Move, post

    def one(number: int) -> None:
        start = random.randrange(accounts)
        source, destination = (Place(f"{prefix}{place}", may_go_negative=True) for place in (start, (start + 1) % accounts))
        with transaction.atomic():
            post(key=f"{me}:{number}", moves=[Move(source, destination, 1)], memo="", now=NOW)

    me, done = f"bench:{os.getpid()}:{time.time_ns()}", 0
    one(-1)  # connects
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        one(done)
        done += 1
    print(done, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
