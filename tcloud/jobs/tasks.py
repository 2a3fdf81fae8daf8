"""Every background job: a name from `core.jobs.Job`, bound to one use case.

A job is an entry point like a view: it asks the clock once, makes one call, and may run twice without harm.
Periodic jobs run on machine time; what is due is decided by the programme's clock.
"""

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from tcloud.audit import services as audit
from tcloud.core.jobs import Job
from tcloud.core.time import machine_now, now
from tcloud.jobs import calendar, contracts, deadlines, eligibility, feeding, notifications, payments, retention
from tcloud.jobs.patience import Patient
from tcloud.points.services import extending, issuing, summing

PATIENT = Patient()


@app.task(name=str(Job.SEND_MAIL), queue="mail", retry=PATIENT)
def send_mail(message_id: int) -> None:
    """Deliver one message of the outbox."""
    notifications.send_mail(message_id)


@app.task(name=str(Job.SEND_MAILS), queue="mail", retry=PATIENT)
def send_mails(name: str, first: int, last: int) -> None:
    """Deliver some hundreds of one mass message."""
    notifications.send_mails(name, first, last)


@app.task(name=str(Job.CHECK_ELIGIBILITY), retry=PATIENT)
def check_eligibility(application_id: int) -> None:
    """Ask the registers about an application and decide it."""
    eligibility.check(application_id)


@app.task(name=str(Job.ISSUE_GRANT), retry=PATIENT)
def issue_grant(ubn: str, call: str) -> None:
    """Issue a company's grant when everything it needs is there."""
    issuing.issue_grant(ubn=ubn, call_code=call, now=now())


@app.task(name=str(Job.FEED_WAITING), retry=PATIENT)
def feed_waiting(call: str) -> None:
    """Give reclaimed points to the companies that wait, in order."""
    feeding.feed(call, now())


@app.task(name=str(Job.MOVE_CLOCKS), retry=PATIENT)
def move_clocks(change_id: int) -> None:
    """Move the clocks of every grant of a call, as two people decided."""
    while extending.move_batch(change_id=change_id, now=now()):
        pass


# Every hour as well: a limit set beside a change, with the calendar before it, is found then.
@app.periodic(cron="17 * * * *")
@app.task(name=str(Job.FOLLOW_CALENDAR), retry=PATIENT)
def follow_calendar(timestamp: int = 0) -> None:
    """Move open limits later where the calendar says their last day is off now."""
    calendar.follow(now())


@app.task(name=str(Job.APPLY_PAYMENT), retry=PATIENT)
def apply_payment(number: str) -> None:
    """Let an order take note of what its gateway said."""
    payments.apply(number, now())


@app.periodic(cron="* * * * *")
@app.task(name=str(Job.SWEEP_DEADLINES), queueing_lock="sweep", pass_context=False)
def sweep_deadlines(timestamp: int = 0) -> None:
    """Act on every deadline that has passed."""
    deadlines.sweep(now())


@app.periodic(cron="* * * * *")
@app.task(name="tcloud.poll_gateways", queueing_lock="poll")
def poll_gateways(timestamp: int = 0) -> None:
    """Ask about attempts whose callback is missing."""
    payments.poll(now())


@app.periodic(cron="* * * * *")
@app.task(name=str(Job.SEAL_AUDIT), queueing_lock="seal")
def seal_audit(timestamp: int = 0) -> None:
    """Chain the audit rows written since the last time."""
    audit.seal()


@app.periodic(cron="* * * * *")
@app.task(name=str(Job.SUM_BUDGET), queueing_lock="sum_budget")
def sum_budget(timestamp: int = 0) -> None:
    """Add up what the journal has moved since the last time, for the budget page."""
    summing.sum_up()


@app.periodic(cron="*/5 * * * *")
@app.task(name="tcloud.archive_contracts", queueing_lock="archive", retry=PATIENT)
def archive_contracts(timestamp: int = 0) -> None:
    """Add archive time stamps to the contracts both sides have signed."""
    contracts.archive(now())


# Three in the morning in Taipei; cron counts in UTC.
@app.periodic(cron="0 19 * * *")
@app.task(name="tcloud.forget", queueing_lock="forget")
def forget(timestamp: int = 0) -> None:
    """Forget what has been kept long enough."""
    retention.forget(now(), machine_now())


@app.periodic(cron="* * * * *")
@app.task(name="tcloud.take_over", queueing_lock="take_over", pass_context=True)
async def take_over(context: JobContext, timestamp: int = 0) -> None:
    """Give the jobs of a worker that died back to the queue; every job may run twice."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # a newer one of a periodic job waits already
            await manager.finish_job(job, Status.FAILED, delete_job=True)
