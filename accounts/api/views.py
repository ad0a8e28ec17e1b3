"""Doors to accounts: users for the administrator, employees, and the account that is one's own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions, selectors
from accounts.api.filters import EmployeeFilter, UserFilter
from accounts.api.secret import SecretView
from accounts.api.serializers import (
    EmployeeSerializer,
    NewPasswordSerializer,
    OwnPermissionsSerializer,
    OwnRoleSerializer,
    ProfileSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
    UserSerializer,
)
from accounts.models import Employee, User
from accounts.roles import codenames_of, role_named
from core.api.etag import conditional, require_match
from core.api.permissions import ACCOUNT, PUBLIC
from core.api.views import APIView, ModelViewSet


class OwnProfile:
    """Reading and changing one's own account, the same behind every address that offers it."""

    def read_own(self, request: Request) -> Response:
        return conditional(request, ProfileSerializer(request.user).data)

    def change_own(self, request: Request) -> Response:
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        require_match(request, ProfileSerializer(request.user).data)
        user = actions.update_user(user=request.user, changes=serializer.validated_data)
        return Response(ProfileSerializer(user).data)


@extend_schema_view(
    create=extend_schema(
        examples=[
            OpenApiExample(
                "An operator",
                request_only=True,
                value={
                    "username": "mina",
                    "email": "mina@example.com",
                    "full_name": "Mina Park",
                    "department": "Assembly",
                    "role": "operator",
                    "password": "Line-Two-27",
                },
            )
        ]
    )
)
class UserViewSet(OwnProfile, ModelViewSet):
    """Accounts, for the administrator. A PUT changes the keys it names; a password may be among them."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    filterset_class = UserFilter
    search_fields = ("username", "email", "full_name", "department")
    ordering_fields = (
        "id",
        "username",
        "email",
        "full_name",
        "role",
        "department",
        "created_at",
        "updated_at",
    )

    def get_object(self) -> User:
        """Locked, for a write, in the order that keeps the last administrator."""
        user = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if user is None:
            raise Http404
        if transaction.get_connection().in_atomic_block and self.request.method in ("PUT", "PATCH", "DELETE"):
            user = actions.lock_account(user.pk)
            require_match(self.request, self.get_serializer(user).data)
        return user

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **{**kwargs, "partial": True})

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = actions.create_user(**serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = actions.update_user(user=serializer.instance, changes=serializer.validated_data)

    def perform_destroy(self, instance: User) -> None:
        actions.delete_user(user=instance)

    @extend_schema(responses=ProfileSerializer)
    @action(detail=False, methods=["get"], permission=ACCOUNT, filterset_class=None)
    def me(self, request: Request) -> Response:
        """One's own account."""
        return self.read_own(request)

    @extend_schema(request=ProfileSerializer, responses=ProfileSerializer)
    @me.mapping.put
    def change_me(self, request: Request) -> Response:
        """Change one's own account: e-mail address, names, department."""
        return self.change_own(request)

    @action(detail=False, url_path="username/(?P<name>[^/]+)", permission="accounts.view_user")
    def username(self, request: Request, name: str) -> Response:
        """The account of this user name, in any case."""
        return self._one(request, self.get_queryset().filter(username__iexact=name))

    @action(detail=False, url_path="email/(?P<address>[^/]+)", permission="accounts.view_user")
    def email(self, request: Request, address: str) -> Response:
        """The account of this e-mail address, in any case."""
        return self._one(request, self.get_queryset().filter(email__iexact=address))

    @extend_schema(responses=UserSerializer(many=True))
    @action(detail=False, url_path="role/(?P<role>[^/]+)", permission="accounts.view_user")
    def role(self, request: Request, role: str) -> Response:
        """The accounts of this role or alias."""
        try:
            rows = self.filter_queryset(self.get_queryset().filter(role=role_named(role)))
        except ValueError as exc:
            raise Http404 from exc
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _one(self, request: Request, rows: QuerySet[User]) -> Response:
        user = rows.first()
        if user is None:
            raise Http404
        return conditional(request, self.get_serializer(user).data)


class UserPasswordView(SecretView):
    """An administrator sets somebody's password; every token and session of that account dies."""

    permission = "accounts.change_user"

    @extend_schema(request=NewPasswordSerializer, responses={204: None})
    def put(self, request: Request, pk: str) -> Response:
        user = User.objects.filter(pk=pk).first()
        if user is None:
            raise Http404
        actions.set_password(user=user, **self.read(NewPasswordSerializer))
        return Response(status=204)


class EmployeeViewSet(ModelViewSet):
    """The people of the plant, with or without an account."""

    queryset = Employee.objects.all()
    serializer_class = EmployeeSerializer
    filterset_class = EmployeeFilter
    search_fields = ("name", "position", "department", "email", "badge")
    ordering_fields = ("id", "name", "position", "department", "created_at")


class RegisterView(APIView):
    """Sign-up by oneself, as a guest, if the plant allows it (settings.SIGN_UP)."""

    permission = PUBLIC
    authentication_classes = ()

    @extend_schema(
        request=RegistrationSerializer,
        responses={201: RegisteredSerializer},
        examples=[
            OpenApiExample(
                "A guest",
                request_only=True,
                value={"full_name": "Mina Park", "email": "mina@example.com", "password": "Line-Two-27"},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        serializer = RegistrationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = actions.register(**serializer.validated_data)
        answer = {"id": user.pk, "username": user.username, "email": user.email, "role": user.role}
        return Response({**answer, "message": welcome()}, status=201)


def welcome() -> str:
    """What a newcomer has to do next."""
    if settings.SIGN_UP == "open":
        return _("The account is ready. You can sign in now.")
    return _("The account waits for an administrator's approval.")


class MeView(OwnProfile, APIView):
    """One's own account."""

    permission = ACCOUNT

    @extend_schema(responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        return self.read_own(request)


class ProfileView(MeView):
    """One's own account, to read and to change."""

    @extend_schema(request=ProfileSerializer, responses=ProfileSerializer)
    def put(self, request: Request) -> Response:
        return self.change_own(request)


class RolesView(APIView):
    """One's own role, and what every role may do."""

    permission = ACCOUNT

    @extend_schema(responses=OwnRoleSerializer)
    def get(self, request: Request) -> Response:
        return Response({"role": request.user.role, "roles": selectors.role_list()})


class PermissionsView(APIView):
    """The codenames of one's own role."""

    permission = ACCOUNT

    @extend_schema(responses=OwnPermissionsSerializer)
    def get(self, request: Request) -> Response:
        role = request.user.role
        return Response({"role": role, "permissions": sorted(codenames_of(role))})
