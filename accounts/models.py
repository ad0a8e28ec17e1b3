"""Tables of people and of their sign-ins."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from core.ledger import GuardedQuerySet
from core.models import MasterData

# Letters of any script, digits and . @ + - _ ' with single blanks between: a person's full name is a user name too.
username_rule = RegexValidator(
    r"^[\w.@+'’-]+( [\w.@+'’-]+)*\Z", _("Letters, digits, single blanks and . @ + - _ ' only.")
)


class UserQuerySet(GuardedQuerySet):
    """People by what they call themselves."""

    def named(self, text: str) -> UserQuerySet:
        """The one account of this user name or e-mail address, whatever the case: at most one row.

        LOWER() as in the unique indexes, so that what is one name here is one name there.
        """
        wanted = Lower(Value(AbstractBaseUser.normalize_username(text), output_field=models.CharField()))
        return self.alias(name=Lower("username"), address=Lower("email")).filter(
            Q(name=wanted) | Q(address=wanted)
        )

    def waiting(self) -> UserQuerySet:
        """Those who signed up and were never let in: closed, guests, and never signed in."""
        return self.filter(is_active=False, role=Role.GUEST, last_login=None)

    def able(self, role: str) -> UserQuerySet:
        """Those of this role who can sign in."""
        return self.filter(role=role, is_active=True)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes accounts, and finds them by user name whatever the case."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(username__iexact=username)

    def create_user(self, username: str, email: str, password: str | None = None, **fields: Any) -> Any:
        name = self.model.normalize_username(username)
        user = self.model(username=name, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None, **fields: Any) -> Any:
        return self.create_user(username, email, password, **{**fields, "role": Role.ADMIN})


class User(MasterData, AbstractBaseUser, PermissionsMixin):
    """One account with one role; what the role may do is written in accounts/roles.py and nowhere else."""

    username = models.CharField(_("user name"), max_length=150, validators=[username_rule])
    email = models.EmailField(_("e-mail address"))
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    company_name = models.CharField(_("company"), max_length=150, blank=True)
    department = models.CharField(_("department"), max_length=100, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.GUEST)
    is_active = models.BooleanField(_("active"), default=True)
    # Raised to void every token and session at once.
    token_version = models.PositiveIntegerField(default=0, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]
    audit_ignored = ("created_at", "updated_at", "last_login")
    audit_masked = ("password",)
    audit_deeds = ("role", "is_active")

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("username",)
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_unique",
                violation_error_message=_("This user name is taken."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_unique",
                violation_error_message=_("This e-mail address is taken."),
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="accounts_user_role_known"),
            # Else one person's user name could be another's e-mail address, and take over their sign-in.
            models.CheckConstraint(
                condition=~Q(username__contains="@") | Q(Exact(Lower("username"), Lower("email"))),
                name="accounts_user_username_no_foreign_address",
                violation_error_message=_("A user name with @ must be the account's own e-mail address."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def set_password(self, raw_password: str | None) -> None:
        """A new password voids every token, through whatever door it comes."""
        super().set_password(raw_password)
        self.token_version += 1

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """The token version is never left behind when the password is written (as when a hash is renewed)."""
        if update_fields is not None and "password" in update_fields:
            update_fields = {*update_fields, "token_version"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """A session ends with the password or the token version it was opened under."""
        key_salt = "accounts.models.User.get_session_auth_hash"
        value = f"{self.password}:{self.token_version}"
        return salted_hmac(key_salt, value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        return self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        """Whether the managers' admin opens for this role; what it shows there, the codenames decide."""
        return self.role not in (Role.OPERATOR, Role.GUEST, Role.INTEGRATION)


class SignIn(models.Model):
    """One sign-in through the API: the family of tokens that follow each other by rotation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    current_jti = models.CharField(max_length=64)  # of the only refresh token that is still worth something
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["expires_at"], name="accounts_signin_expires")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d %H:%M}"


class IdempotencyKey(models.Model):
    """The answer that was given under a client's Idempotency-Key; kept for a day (see docs/operations.md)."""

    owner = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "key"], nulls_distinct=False, name="accounts_idempotencykey_one_per_owner"
            )
        ]

    def __str__(self) -> str:
        return self.key


class Employee(MasterData):
    """A person of the plant, with or without an account."""

    name = models.CharField(_("name"), max_length=150)
    position = models.CharField(_("position"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    badge = models.CharField(_("badge"), max_length=64, null=True, blank=True, unique=True)  # noqa: DJ001  unique where given
    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="employee"
    )

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(condition=~Q(badge=""), name="accounts_employee_badge_not_blank")
        ]

    def __str__(self) -> str:
        return self.name
