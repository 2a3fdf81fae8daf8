"""Users sign in with their e-mail address; office staff carry their role here."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from tcloud.core.actors import Actor, person
from tcloud.identity.roles import OFFICE_ROLES, ROLE_NAMES, Role


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail; the address is kept as typed and compared without case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. What the person may do comes from memberships and roles, never from a flag here."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=60)
    phone = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=10, default="zh-hant")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_without_case")]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """Who acts, for logs and histories."""
        return person(self.pk, self.name)


class OfficeRole(models.Model):
    """A person's role in the office; several roles are several rows."""

    user = models.ForeignKey(User, models.PROTECT, related_name="office_roles")
    role = models.CharField(max_length=30, choices=[(role, ROLE_NAMES[role]) for role in OFFICE_ROLES])

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "role", name="office_role_once"),
            models.CheckConstraint(
                name="office_role_known", condition=models.Q(role__in=[str(role) for role in OFFICE_ROLES])
            ),
        ]

    def __str__(self) -> str:
        return str(ROLE_NAMES[Role(self.role)])


class Challenge(models.Model):
    """What a card is asked to sign: exact bytes, good once, for one purpose, subject and session.

    Times are machine time. A row is written once more in its life: when it is consumed.
    """

    nonce = models.CharField(max_length=64, unique=True, help_text="256 random bits, hexadecimal")
    purpose = models.CharField(max_length=30)
    subject = models.CharField(max_length=80, help_text="an application's or an order's number")
    session_hash = models.CharField(max_length=64, help_text="SHA-256 of the session's key")
    content = models.BinaryField(help_text="the bytes to sign")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="challenge_nonce_256_bits", condition=models.Q(nonce__regex=r"^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="challenge_ends_after_start", condition=models.Q(expires_at__gt=models.F("issued_at"))
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="challenge_by_age")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.subject}"


class CardSignature(models.Model):
    """Evidence of an accepted card signature: what was signed, by whom, found good by what. Append-only."""

    challenge = models.OneToOneField(Challenge, models.PROTECT, related_name="signature")
    signing_method = models.CharField(max_length=20)
    ubn = models.CharField(max_length=8)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the certificate")
    card_number = models.CharField(max_length=32, blank=True)
    cms = models.BinaryField(help_text="the signature as the card's component sent it")
    certificate = models.BinaryField()
    issuers = models.JSONField(help_text="SHA-256 of each issuer's certificate, up to the root")
    revocation = models.JSONField(help_text="SHA-256 of each OCSP answer or CRL that was relied on")
    signed_at = models.DateTimeField(help_text="by the reader's clock")
    verified_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ubn", "-id"], name="card_signature_of_company")]

    def __str__(self) -> str:
        return f"{self.ubn} {self.fingerprint[:12]}"


class AttemptCount(models.Model):
    """How often somebody tried something in one span of machine time. Says nothing of who: `key` is a keyed hash."""

    key = models.CharField(max_length=64)
    until = models.DateTimeField(help_text="when the span ends and counting begins anew")
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("key", "until", name="attempt_count_once")]
        indexes = [models.Index(fields=["until"], name="attempt_count_by_age")]

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"


class TrustObject(models.Model):
    """An issuer's certificate, OCSP answer or CRL that a decision relied on, kept once. Append-only."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the bytes")
    kind = models.CharField(max_length=11, choices=[(kind, kind) for kind in ("certificate", "ocsp", "crl")])
    der = models.BinaryField()
    produced_at = models.DateTimeField(null=True)
    next_update = models.DateTimeField(null=True)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="trust_object_kind", condition=models.Q(kind__in=["certificate", "ocsp", "crl"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}"
