"""What can go wrong with people and their sign-ins."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid


class BadCredentials(DomainError):
    """Unknown name, wrong password, or an account that is not active: nobody is told which."""

    status = 401
    code = "invalid_credentials"
    message = _("The user name or the password is wrong.")


class BadToken(DomainError):
    """A token that is forged, expired, used up or revoked."""

    status = 401
    code = "invalid_token"
    message = _("The token is invalid or has expired.")


class BadResetLink(Invalid):
    """A reset link that is forged, older than an hour, or used."""

    code = "invalid_reset_link"
    message = _("The reset link is invalid or has expired.")


class SignUpClosed(DomainError):
    """Accounts are made by the administrator alone."""

    status = 403
    code = "sign_up_closed"
    message = _("Sign-up is closed here. Ask your administrator for an account.")


class UsernameTaken(DomainError):
    code = "username_taken"

    def __init__(self) -> None:
        text = _("This user name is taken.")
        super().__init__(text, errors={"username": [str(text)]})


class EmailTaken(DomainError):
    code = "email_taken"

    def __init__(self) -> None:
        text = _("This e-mail address is taken.")
        super().__init__(text, errors={"email": [str(text)]})


class LastAdministrator(DomainError):
    """Somebody must be left who can let others in."""

    code = "last_administrator"
    message = _("This is the last active administrator. Make somebody else administrator first.")
