"""Forms of the account pages. They check shape; what is allowed, the actions say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.functional import lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import username_rule

MAX_PASSWORD = 256


def password_field(label: Any, *, new: bool = True, help_text: Any = "") -> forms.CharField:
    """Typed blindly, taken as typed, known to password managers."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(
        label=label, strip=False, max_length=MAX_PASSWORD, widget=widget, help_text=help_text
    )


def rules() -> str:
    """The password rule in words."""
    return " ".join(password_validators_help_texts())


class SignInForm(AuthenticationForm):
    """By user name or e-mail address. A closed account is told the same as a wrong password."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name or the password is wrong."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["username"]
        name.label, name.max_length = _("User name or e-mail address"), 254
        name.widget.attrs["maxlength"] = 254
        self.fields["password"].max_length = MAX_PASSWORD


class TwicePasswordForm(forms.Form):
    """A new password, typed twice."""

    new_password = password_field(_("New password"), help_text=lazy(rules, str)())
    repeat = password_field(_("New password again"))

    def clean_repeat(self) -> str:
        if self.cleaned_data.get("new_password") != self.cleaned_data["repeat"]:
            raise forms.ValidationError(_now("The two passwords are not the same."))
        return str(self.cleaned_data["repeat"])


class PasswordChangeForm(TwicePasswordForm):
    """One's own password, known and new."""

    current_password = password_field(_("Present password"), new=False)
    field_order = ("current_password", "new_password", "repeat")


class RegisterForm(TwicePasswordForm):
    """Sign-up by oneself."""

    new_password = password_field(_("Password"), help_text=lazy(rules, str)())
    repeat = password_field(_("Password again"))
    username = forms.CharField(label=_("User name"), max_length=150, validators=[username_rule])
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    full_name = forms.CharField(label=_("Full name"), max_length=150, required=False)
    company_name = forms.CharField(label=_("Company"), max_length=150, required=False)
    field_order = ("username", "email", "full_name", "company_name", "new_password", "repeat")


class ResetRequestForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)


class ProfileForm(forms.Form):
    """One's own details."""

    full_name = forms.CharField(label=_("Full name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    department = forms.CharField(label=_("Department"), max_length=100, required=False)
    company_name = forms.CharField(label=_("Company"), max_length=150, required=False)
