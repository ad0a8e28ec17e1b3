"""Every change to who may come in: sign-up, sign-in, passwords, roles, opening and closing accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, user_logged_in
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework_simplejwt.tokens import RefreshToken, Token

from accounts.choices import DEMO_PASSWORD, Role
from accounts.errors import (
    BadCredentials,
    BadResetLink,
    BadToken,
    EmailTaken,
    LastAdministrator,
    SignUpClosed,
    UsernameTaken,
)
from accounts.lockout import forgive
from accounts.models import SignIn, User
from accounts.selectors import living_sign_ins, user_of_reset_token
from accounts.signals import access_changed
from accounts.tokens import Pair, expiry_of, pair_for, read, refresh_for, reset_token
from core.context import acting
from core.db import conflict_as, emit, lock
from core.errors import Invalid
from core.ledger import record

PLAIN_FIELDS = ("username", "email", "full_name", "company_name", "department")


# --- accounts ----------------------------------------------------------------------------------------------------


def create_user(*, username: str, email: str, password: str, **fields: Any) -> User:
    """A new account. Raises UsernameTaken, EmailTaken, Invalid, ValidationError."""
    name = User.normalize_username(username)
    user = User(username=name, email=User.objects.normalize_email(email), **fields)
    _check(user)
    _check_password(password, user, field="password")
    user.set_password(password)
    with taken_as_conflict():
        user.save()
    return user


@transaction.atomic
def register(
    *, username: str = "", full_name: str = "", company_name: str = "", email: str, password: str
) -> User:
    """Sign-up by oneself as a guest, at once or after approval, as settings.SIGN_UP says. Raises SignUpClosed.

    Without a user name the full name is it.
    """
    if settings.SIGN_UP == "closed":
        raise SignUpClosed
    user = create_user(
        username=username or full_name,
        email=email,
        password=password,
        full_name=full_name,
        company_name=company_name,
        role=Role.GUEST,
        is_active=settings.SIGN_UP == "open",
    )
    record("accounts.user.registered", user, actor=user)
    return user


@transaction.atomic
def update_user(*, user: User, changes: dict[str, Any]) -> User:
    """Change an account; role, activity and password by their own actions. Raises what those raise, and …Taken."""
    user = lock_account(user.pk)
    plain = {name: value for name, value in changes.items() if name in PLAIN_FIELDS}
    if plain:
        _save_plain(user, plain)
    if "role" in changes:
        user = set_role(user=user, role=changes["role"])
    if "is_active" in changes:
        user = activate(user=user) if changes["is_active"] else deactivate(user=user)
    if "password" in changes:
        user = set_password(user=user, new_password=changes["password"], field="password")
    return user


@transaction.atomic
def delete_user(*, user: User) -> None:
    """Remove an account nothing speaks of. Raises LastAdministrator, ProtectedError where history hangs below."""
    user = lock_account(user.pk)
    _leave_an_administrator(user)
    user.delete()


@transaction.atomic
def set_role(*, user: User, role: str) -> User:
    """What the account may do from now on, open sessions and tokens included. Raises LastAdministrator."""
    user = lock_account(user.pk)
    if user.role == role:
        return user
    if role != Role.ADMIN:
        _leave_an_administrator(user)
    before, user.role = user.role, role
    user.save(update_fields=["role", "updated_at"])
    record("accounts.user.role_changed", user, old={"role": before}, new={"role": role})
    emit(access_changed, user_id=user.pk)
    return user


@transaction.atomic
def activate(*, user: User) -> User:
    """Let the account in, again or, where sign-up asks for approval, for the first time."""
    user = lock_account(user.pk)
    return user if user.is_active else _switch(user, on=True, deed="accounts.user.activated")


@transaction.atomic
def approve(*, user: User) -> User:
    """Say yes to somebody who signed up."""
    user = lock_account(user.pk)
    return user if user.is_active else _switch(user, on=True, deed="accounts.user.approved")


@transaction.atomic
def deactivate(*, user: User) -> User:
    """Close the account; its tokens and sessions die at once, and stay dead. Raises LastAdministrator."""
    user = lock_account(user.pk)
    if not user.is_active:
        return user
    _leave_an_administrator(user)
    user.token_version += 1
    return _switch(user, on=False, deed="accounts.user.deactivated")


def lock_account(pk: Any) -> User:
    """The account, locked together with every active administrator, in one order: whether one is left is then certain.

    Raises User.DoesNotExist.
    """
    rows = User.objects.select_for_update(no_key=True, of=("self",)).filter(
        Q(pk=pk) | Q(role=Role.ADMIN, is_active=True)
    )
    for user in rows.order_by("pk"):
        if user.pk == pk:
            return user
    raise User.DoesNotExist


def _leave_an_administrator(user: User) -> None:
    able = user.role == Role.ADMIN and user.is_active
    if able and not User.objects.able(Role.ADMIN).exclude(pk=user.pk).exists():
        raise LastAdministrator


def _switch(user: User, *, on: bool, deed: str) -> User:
    user.is_active = on
    user.save(update_fields=["is_active", "token_version", "updated_at"])
    record(deed, user)
    emit(access_changed, user_id=user.pk)
    return user


def _save_plain(user: User, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(user, name, value)
    user.username = User.normalize_username(user.username)
    _check(user)
    with taken_as_conflict():
        user.save(update_fields=[*values, "updated_at"])


def _check(user: User) -> None:
    """Raises ValidationError, Invalid: a name that is another's address would take over their sign-in."""
    user.clean_fields(exclude={"password"})
    if "@" in user.username and user.username.lower() != user.email.lower():
        text = _("A user name with @ must be the account's own e-mail address.")
        raise Invalid(text, errors={"username": [text]})


@contextmanager
def taken_as_conflict() -> Iterator[None]:
    """Of several who want a name at once, the database serves one; the others get UsernameTaken or EmailTaken."""
    with (
        conflict_as(UsernameTaken, "accounts_user_username_unique"),
        conflict_as(EmailTaken, "accounts_user_email_unique"),
    ):
        yield


# --- passwords ---------------------------------------------------------------------------------------------------


@transaction.atomic
def set_password(
    *, user: User, new_password: str, field: str = "new_password", deed: str = "accounts.user.password_set"
) -> User:
    """A new password; every token and session of the account dies with the old one. Raises Invalid naming `field`."""
    user = lock(User, user.pk)
    _check_password(new_password, user, field=field)
    user.set_password(new_password)
    user.save(update_fields=["password", "updated_at"])
    record(deed, user)
    emit(access_changed, user_id=user.pk)
    return user


def change_password(*, request: HttpRequest, user: User, current_password: str, new_password: str) -> User:
    """One's own password. The present one is asked for, and counted as a sign-in attempt. Raises Invalid."""
    if authenticate(request, username=user.get_username(), password=current_password) is None:
        text = _("This is not your present password.")
        raise Invalid(text, errors={"current_password": [text]})
    return set_password(user=user, new_password=new_password, deed="accounts.user.password_changed")


def mail_reset_link(*, email: str, site: str) -> None:
    """Send the link to the account of this address, if there is an active one. `site` is the address of the product."""
    user = User.objects.named(email).filter(is_active=True).first()
    if user is not None:
        body = render_to_string(
            "accounts/mail/password_reset.txt", {"user": user, "site": site, "token": reset_token(user)}
        )
        send_mail(_("Set a new password"), body, None, [user.email])


@transaction.atomic
def reset_password(*, token: str, new_password: str, field: str = "new_password") -> User:
    """A new password by the link of a mail, once. Raises BadResetLink, Invalid."""
    user = user_of_reset_token(token=token)
    if user is None:
        raise BadResetLink
    lock(User, user.pk)
    user = user_of_reset_token(token=token)  # again under the lock: of two at once the second finds it used
    if user is None:
        raise BadResetLink
    forgive(user=user)
    return set_password(
        user=user, new_password=new_password, field=field, deed="accounts.user.password_reset"
    )


def _check_password(password: str, user: User, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as exc:
        raise Invalid(exc.messages[0], errors={field: exc.messages}) from exc


# --- sign-ins by token -------------------------------------------------------------------------------------------


def sign_in(*, request: HttpRequest, name: str, password: str) -> Pair:
    """A new family of tokens for who knows the password. Raises BadCredentials; failures count towards a lock-out."""
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        raise BadCredentials
    with transaction.atomic():
        user_logged_in.send(
            sender=User, request=request, user=user
        )  # last_login, the deed, the end of counting
        SignIn.objects.filter(user=user, expires_at__lt=timezone.now()).delete()
        present = acting()
        family = SignIn(user=user, ip_address=present.ip_address, user_agent=present.user_agent)
        return _hand_out(family)


def rotate(*, refresh_token: str) -> Pair:
    """A new pair for the present refresh token, which is then worthless. Raises BadToken.

    A refresh token that was used before has been stolen, from here or from there: the whole family ends.
    """
    pair = _next_pair(read(RefreshToken, refresh_token))
    if pair is None:
        raise BadToken  # outside the transaction: the end of the family must stand
    return pair


@transaction.atomic
def _next_pair(claims: Token) -> Pair | None:
    family = living_sign_ins(claims=claims).select_for_update(no_key=True, of=("self",)).first()
    if family is None:
        return None
    if family.current_jti != claims["jti"]:
        _end(family, deed="accounts.user.token_reused")
        return None
    return _hand_out(family)


def _hand_out(family: SignIn) -> Pair:
    refresh = refresh_for(family.user, family)
    family.current_jti, family.expires_at = refresh["jti"], expiry_of(refresh)
    family.last_used_at = timezone.now()
    family.save()
    return pair_for(family.user, refresh)


@transaction.atomic
def sign_out(*, sign_in: SignIn) -> None:
    """End this sign-in: its access and refresh tokens die at once."""
    _end(lock(SignIn, sign_in.pk), deed="accounts.user.signed_out")


def _end(family: SignIn, *, deed: str) -> None:
    family.revoked_at = timezone.now()
    family.save(update_fields=["revoked_at"])
    record(deed, family.user, actor=family.user)
    emit(access_changed, user_id=family.user_id)


# --- first accounts ----------------------------------------------------------------------------------------------


def ensure_demo_accounts() -> list[User]:
    """One account per role: user name = role, password DEMO_PASSWORD. Those there already stay as they are."""
    present = set(User.objects.filter(username__in=Role.values).values_list("username", flat=True))
    return [
        create_user(
            username=role,
            email=f"{role}@example.com",
            password=DEMO_PASSWORD,
            full_name=f"Demo {role.label}",
            role=role,
        )
        for role in Role
        if role not in present
    ]


def ensure_admin(*, password: str) -> User | None:
    """The first administrator, `admin`, where no active one is; None where one is. Raises Invalid for a weak password."""
    if User.objects.able(Role.ADMIN).exists():
        return None
    return create_user(username="admin", email="admin@example.com", password=password, role=Role.ADMIN)
