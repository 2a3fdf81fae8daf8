"""Companies, memberships, consents, applications and e-mail codes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tcloud.identity.roles import COMPANY_ROLES, ROLE_NAMES
from tcloud.members.states import UNFINISHED_STATES, ApplicationState
from tcloud.programme.models import Call, RuleSet


class Company(models.Model):
    """A small or medium enterprise, known by its 統一編號 (UBN); one row for ever."""

    ubn = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=120)
    representative = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "companies"
        constraints = [models.CheckConstraint(name="company_ubn_8_digits", condition=Q(ubn__regex=r"^[0-9]{8}$"))]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in a company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=[(role, ROLE_NAMES[role]) for role in COMPANY_ROLES])
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("company", "user", name="membership_once"),
            models.UniqueConstraint("company", condition=Q(role="company_owner"), name="company_has_one_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.company_id}"


class Application(models.Model):
    """A company's request to join one call; starts with a consent, before anybody has an account.

    It is found again by the secret in the visitor's session until the account exists.
    """

    call = models.ForeignKey(Call, models.PROTECT, related_name="applications")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=ApplicationState.choices, default=ApplicationState.STARTED)
    secret_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret in the session")
    language = models.CharField(max_length=10, default="zh-hant")
    ubn = models.CharField(max_length=8, blank=True, help_text="read from the card, never typed")
    company_name = models.CharField(max_length=120, blank=True)
    card_fingerprint = models.CharField(max_length=64, blank=True)
    card_verified_at = models.DateTimeField(null=True)
    email = models.EmailField(max_length=254, blank=True)
    contact_name = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    password_hash = models.CharField(max_length=128, blank=True, help_text="becomes the account's own once verified")
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="applications")
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("company", "call", name="application_once_per_company_and_call"),
            models.CheckConstraint(
                name="application_decided_has_time",
                condition=Q(state__in=["approved", "refused"], decided_at__isnull=False)
                | (~Q(state__in=["approved", "refused"]) & Q(decided_at=None)),
            ),
            models.CheckConstraint(
                name="application_abandoned_holds_nobody",
                condition=~Q(state="abandoned") | Q(email="", contact_name="", phone="", password_hash=""),
            ),
        ]
        indexes = [
            models.Index(fields=["started_at"], name="application_unfinished", condition=Q(state__in=UNFINISHED_STATES))
        ]

    def __str__(self) -> str:
        return f"{self.ubn} {self.state}"


class ConsentText(models.Model):
    """A text that somebody agreed to, word for word in the language read; kept once, found by its hash. Append-only."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()

    def __str__(self) -> str:
        return self.sha256


class Consent(models.Model):
    """One text somebody agreed to: the exact version, when and from where. Append-only."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="consents")
    document = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    given_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("application", "document", "version", name="consent_once")]

    def __str__(self) -> str:
        return f"{self.document} v{self.version}"


class EmailCode(models.Model):
    """A six-digit code that proves an address; kept as a hash, short-lived, few tries."""

    application = models.OneToOneField(Application, models.PROTECT, related_name="email_code")
    email = models.EmailField(max_length=254)
    code_hash = models.CharField(max_length=128)
    sent_at = models.DateTimeField(help_text="machine time, as all code ages are")
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"code of {self.application_id}"
