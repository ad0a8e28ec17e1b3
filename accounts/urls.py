"""/accounts/…"""

from __future__ import annotations

from accounts import views
from core.api.urls import endpoint

app_name = "accounts"
urlpatterns = [
    endpoint("accounts/login", views.LoginPage.as_view(), "login"),
    endpoint("accounts/logout", views.LogoutPage.as_view(), "logout"),
    endpoint("accounts/register", views.RegisterPage.as_view(), "register"),
    endpoint("accounts/register/done", views.RegisterDonePage.as_view(), "register-done"),
    endpoint("accounts/reset-password", views.ResetRequestPage.as_view(), "password-reset"),
    endpoint("accounts/reset-password/sent", views.ResetSentPage.as_view(), "password-reset-sent"),
    endpoint("accounts/reset-password/done", views.ResetDonePage.as_view(), "password-reset-done"),
    endpoint(
        "accounts/reset-password/(?P<token>[0-9a-z-]+)", views.ResetPage.as_view(), "password-reset-link"
    ),
    endpoint("accounts/password", views.PasswordChangePage.as_view(), "password-change"),
    endpoint("accounts/profile", views.ProfilePage.as_view(), "profile"),
]
