"""Users sign in with their e-mail address; office staff carry their role here."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

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
