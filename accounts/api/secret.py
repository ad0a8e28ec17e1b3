"""Doors that take passwords or hand out tokens."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import actions, selectors, tasks
from accounts.api.authentication import bearer_of
from accounts.api.parsers import StrictFormParser
from accounts.api.serializers import (
    CredentialsSerializer,
    MessageSerializer,
    PairSerializer,
    PasswordChangeSerializer,
    RefreshSerializer,
    ResetRequestSerializer,
    ResetSerializer,
)
from accounts.errors import BadToken
from core.api.permissions import ACCOUNT, PUBLIC, HasCodename
from core.api.renderers import JSONParser


class SecretView(APIView):
    """Without Idempotency-Key: a token must not be stored, and a wrong password must stay counted."""

    permission: str | None = None
    permission_classes = (HasCodename,)

    def read(self, serializer_class: Any) -> dict[str, Any]:
        """The validated body."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if response.status_code == 401:
            response.headers.setdefault("WWW-Authenticate", "Bearer")
        response.headers["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)


class PublicSecretView(SecretView):
    permission = PUBLIC
    authentication_classes = ()


class LoginView(PublicSecretView):
    """User name or e-mail address and password, as JSON or as a form, against a pair of tokens."""

    parser_classes = (JSONParser, StrictFormParser)

    @extend_schema(
        request={
            "application/json": CredentialsSerializer,
            "application/x-www-form-urlencoded": CredentialsSerializer,
        },
        responses=PairSerializer,
        examples=[
            OpenApiExample(
                "By user name", request_only=True, value={"username": "operator", "password": "Demo-2026!"}
            ),
            OpenApiExample(
                "By e-mail address",
                request_only=True,
                value={"email": "operator@example.com", "password": "Demo-2026!"},
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        pair = actions.sign_in(request=request._request, **self.read(CredentialsSerializer))
        return Response(PairSerializer(pair).data)


class RefreshView(PublicSecretView):
    """The refresh token against a new pair; the old one is then worthless."""

    @extend_schema(request=RefreshSerializer, responses=PairSerializer)
    def post(self, request: Request) -> Response:
        token = token_of(self)
        return Response(PairSerializer(actions.rotate(refresh_token=token)).data)


class LogoutView(PublicSecretView):
    """Ends the sign-in of the access token (as Bearer) or refresh token (as Bearer or in the body)."""

    @extend_schema(request=RefreshSerializer, responses=MessageSerializer)
    def post(self, request: Request) -> Response:
        actions.sign_out(sign_in=selectors.sign_in_of(token=token_of(self)))
        return Response({"message": _("Signed out.")})


def token_of(view: SecretView) -> str:
    """The token of the body, else of the header. Raises BadToken where there is none."""
    token = view.read(RefreshSerializer).get("refresh_token") or bearer_of(view.request)
    if not token:
        raise BadToken(_("A token is needed, as refresh_token or as Bearer."))
    return str(token)


class ChangePasswordView(SecretView):
    """One's own password; every token and session of the account dies with the old one."""

    permission = ACCOUNT

    @extend_schema(request=PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        passwords = self.read(PasswordChangeSerializer)
        actions.change_password(request=request._request, user=request.user, **passwords)
        return Response(status=204)


class RequestResetView(PublicSecretView):
    """Asks for the mail with the link. The answer is the same whether or not the address is known."""

    @extend_schema(request=ResetRequestSerializer, responses=MessageSerializer)
    def post(self, request: Request) -> Response:
        email = self.read(ResetRequestSerializer)["email"]
        tasks.mail_reset_link.defer(email=email, site=request.build_absolute_uri("/"))
        return Response({"message": _("If the address is known, a link is on its way to it.")})


class ResetPasswordView(PublicSecretView):
    """A new password by the token of the mail: within an hour, once."""

    @extend_schema(request=ResetSerializer, responses=MessageSerializer)
    def post(self, request: Request, token: str) -> Response:
        actions.reset_password(token=token, **self.read(ResetSerializer))
        return Response({"message": _("The password has been set. You can sign in now.")})
