"""auth/…, users, employees."""

from __future__ import annotations

from accounts.api import secret, views
from core.api.urls import Router, endpoint

router = Router()
router.register("users", views.UserViewSet)
router.register("employees", views.EmployeeViewSet)

urlpatterns = [
    endpoint("auth/register", views.RegisterView.as_view(), "auth-register"),
    endpoint("auth/login", secret.LoginView.as_view(), "auth-login"),
    endpoint("auth/login/json", secret.LoginView.as_view(), "auth-login-json"),
    endpoint("auth/refresh", secret.RefreshView.as_view(), "auth-refresh"),
    endpoint("auth/logout", secret.LogoutView.as_view(), "auth-logout"),
    endpoint("auth/me", views.MeView.as_view(), "auth-me"),
    endpoint("auth/profile", views.ProfileView.as_view(), "auth-profile"),
    endpoint("auth/change-password", secret.ChangePasswordView.as_view(), "auth-change-password"),
    endpoint("auth/roles", views.RolesView.as_view(), "auth-roles"),
    endpoint("auth/permissions", views.PermissionsView.as_view(), "auth-permissions"),
    endpoint("auth/request-reset", secret.RequestResetView.as_view(), "auth-request-reset"),
    endpoint(
        "auth/reset-password/(?P<token>[^/]+)", secret.ResetPasswordView.as_view(), "auth-reset-password"
    ),
    endpoint("users/(?P<pk>[0-9]{1,18})/password", views.UserPasswordView.as_view(), "user-password"),
    *router.urls,
]
