"""Account pages: sign in and out, sign up, passwords, one's own details."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from accounts import actions, forms, selectors, tasks
from accounts.errors import BadResetLink
from accounts.models import User
from core.api.permissions import ACCOUNT
from core.errors import DomainError
from core.pages import PageMixin


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class ActionFormView(FormView):
    """A form whose valid data go to an action; what the action refuses is shown at its field, and nothing is lost."""

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            self.act(form.cleaned_data)
        except DomainError as exc:
            self.show(form, exc.errors or {"": [exc.detail]})
        except ValidationError as exc:
            self.show(form, exc.message_dict)
        return self.form_invalid(form) if form.errors else super().form_valid(form)

    def act(self, data: dict[str, Any]) -> None:
        raise NotImplementedError

    def show(self, form: Form, errors: dict[str, Any]) -> None:
        for name, texts in errors.items():
            for text in texts:
                form.add_error(name if name in form.fields else None, text)


class LoginPage(auth_views.LoginView):
    """By user name or e-mail address; leads on to `next` where that is an address of ours."""

    template_name = "accounts/login.html"
    form_class = forms.SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for name in ("site", "site_name"):  # Django's are the address; the product's own name is meant
            del context[name]
        return {
            **context,
            "demo_accounts": selectors.demo_accounts() if settings.DEMO else [],
            "can_register": settings.SIGN_UP != "closed",
        }


class LogoutPage(auth_views.LogoutView):
    """POST ends the session."""

    template_name = "accounts/logged_out.html"

    def get_success_url(self) -> str:
        """Where `next` leads, else nowhere: the page says that it is done."""
        return self.get_redirect_url() or self.request.get_full_path()


class RegisterPage(ActionFormView):
    template_name = "accounts/register.html"
    form_class = forms.RegisterForm
    success_url = reverse_lazy("accounts:register-done")

    def act(self, data: dict[str, Any]) -> None:
        names = ("username", "email", "full_name", "company_name")
        actions.register(password=data["new_password"], **{name: data[name] for name in names})

    def show(self, form: Form, errors: dict[str, Any]) -> None:
        super().show(form, {("new_password" if key == "password" else key): errors[key] for key in errors})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "policy": settings.SIGN_UP}


class RegisterDonePage(TemplateView):
    template_name = "accounts/register_done.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(policy=settings.SIGN_UP, **kwargs)


class ResetRequestPage(ActionFormView):
    """Always the same next page, whether or not the address is known."""

    template_name = "accounts/password_reset_request.html"
    form_class = forms.ResetRequestForm
    success_url = reverse_lazy("accounts:password-reset-sent")

    def act(self, data: dict[str, Any]) -> None:
        tasks.mail_reset_link.defer(email=data["email"], site=self.request.build_absolute_uri("/"))


class ResetSentPage(TemplateView):
    template_name = "accounts/password_reset_sent.html"


class ResetPage(ActionFormView):
    """The page behind the link of the mail."""

    template_name = "accounts/password_reset.html"
    form_class = forms.TwicePasswordForm
    success_url = reverse_lazy("accounts:password-reset-done")

    def act(self, data: dict[str, Any]) -> None:
        actions.reset_password(token=self.kwargs["token"], new_password=data["new_password"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(valid_link=self._valid(), **kwargs)

    def _valid(self) -> bool:
        try:
            return selectors.user_of_reset_token(token=self.kwargs["token"]) is not None
        except BadResetLink:
            return False


class ResetDonePage(TemplateView):
    template_name = "accounts/password_reset_done.html"


class PasswordChangePage(PageMixin, ActionFormView):
    """Ends every other session and token of the account; this session stays."""

    permission = ACCOUNT
    template_name = "accounts/password_change.html"
    form_class = forms.PasswordChangeForm
    success_url = reverse_lazy("accounts:profile")

    def act(self, data: dict[str, Any]) -> None:
        user = actions.change_password(
            request=self.request,
            user=account_of(self.request),
            current_password=data["current_password"],
            new_password=data["new_password"],
        )
        update_session_auth_hash(self.request, user)
        messages.success(self.request, _("Your password is new. Every other sign-in has been ended."))


class ProfilePage(PageMixin, ActionFormView):
    permission = ACCOUNT
    template_name = "accounts/profile.html"
    form_class = forms.ProfileForm
    success_url = reverse_lazy("accounts:profile")

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.request.user, name) for name in forms.ProfileForm.base_fields}

    def act(self, data: dict[str, Any]) -> None:
        actions.update_user(user=account_of(self.request), changes=data)
        messages.success(self.request, _("Saved."))


def account_of(request: HttpRequest) -> User:
    """The signed-in account of a page that PageMixin guards."""
    assert isinstance(request.user, User)
    return request.user
