"""One permission rule for the whole API: who has the codename may; a view without a codename is a start-up error."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

PUBLIC = "public"  # open to everybody: health, login, sign-up
ACCOUNT = "account"  # open to every signed-in account, for what is its own

VERBS = {
    "GET": "view",
    "HEAD": "view",
    "OPTIONS": "view",
    "POST": "add",
    "PUT": "change",
    "PATCH": "change",
    "DELETE": "delete",
}


def required_codename(view: Any, method: str) -> str | None:
    """The codename this view asks for on this method: stated, by method, or derived from its model; None = not found."""
    stated = getattr(view, "permission", None)
    if stated:
        return str(stated)
    by_method = getattr(view, "permissions_by_method", None)
    if by_method:
        return by_method.get("GET" if method in ("HEAD", "OPTIONS") else method)
    queryset = getattr(view, "queryset", None)
    action = getattr(view, "action", None)
    if queryset is None or (action and is_verb(view, action)):
        return None  # a verb must state its own
    meta = queryset.model._meta
    verb = VERBS.get(method)  # none for TRACE and the like: nobody passes
    return f"{meta.app_label}.{verb}_{meta.model_name}" if verb else None


def is_verb(view: Any, action: str) -> bool:
    """Whether this action is an extra one that writes: reads may be derived, verbs must be stated."""
    mapping = getattr(getattr(view, action, None), "mapping", None) or ()
    return any(method not in ("get", "head", "options") for method in mapping)


class HasCodename(BasePermission):
    """Fails closed: without a codename nobody passes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        codename = required_codename(view, request.method or "GET")
        if codename == PUBLIC:
            return True
        user = request.user
        if not user or not user.is_authenticated or codename is None:
            return False
        return codename == ACCOUNT or user.has_perm(codename)
