"""How long jobs wait before they try again, and what happens to jobs whose worker died."""

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

FIRST_WAIT_SECONDS = 10
LONGEST_WAIT_SECONDS = 600
ATTEMPTS_AT_MOST = 1_000
"""About a week at the longest wait."""


class Patient(BaseRetryStrategy):
    """Ten seconds, then twice as long each time, never longer than ten minutes.

    An outside system that is down comes back within minutes or hours; a wait that only ever doubles would leave a
    company unheard for days after its register has come back.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again, or None to give up."""
        if job.attempts >= ATTEMPTS_AT_MOST:
            return None
        return RetryDecision(retry_in={"seconds": wait_seconds(job.attempts)})


def wait_seconds(attempts: int) -> int:
    """The wait after this many attempts."""
    # Six doublings pass the longest wait; the shift stays small whatever the count.
    return min(FIRST_WAIT_SECONDS << min(attempts, 6), LONGEST_WAIT_SECONDS)
