"""Start-up checks: a view that nobody guards is an error, not an open door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from core.api.permissions import required_codename


def patterns(resolver: URLResolver, above: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every URL pattern below, with its whole route."""
    for item in resolver.url_patterns:
        route = above + str(item.pattern).removeprefix("^")
        if isinstance(item, URLResolver):
            yield from patterns(item, route)
        else:
            yield route, item


def api_operations() -> Iterator[tuple[str, Any, str, str]]:
    """(route, view class, action name, METHOD) of every API operation."""
    for route, pattern in patterns(get_resolver()):
        view = getattr(pattern.callback, "cls", None)
        if view is None:
            continue
        actions = getattr(pattern.callback, "actions", None) or {
            name: name
            for name in view.http_method_names
            if hasattr(view, name) and name not in ("head", "options")
        }
        initkwargs = getattr(pattern.callback, "initkwargs", None) or getattr(
            pattern.callback, "view_initkwargs", {}
        )
        for method, action in actions.items():
            if method != "head":
                yield route, _configured(view, initkwargs, action), action, method.upper()


def _configured(view: Any, initkwargs: dict[str, Any], action: str) -> Any:
    """The view as it will be when it answers: with the keyword arguments of its @action."""
    instance = view()
    for name, value in initkwargs.items():
        if hasattr(view, name):
            setattr(instance, name, value)
    instance.action = action
    return instance


@register(Tags.security)
def every_operation_has_a_codename(app_configs: Any, **kwargs: Any) -> list[Error]:
    """core.E001: an API operation for which no codename can be found."""
    return [
        Error(f"{method} {route} ({type(view).__name__}.{action}) states no permission", id="core.E001")
        for route, view, action, method in api_operations()
        if _ours(view) and required_codename(view, method) is None
    ]


def _ours(view: Any) -> bool:
    return not type(view).__module__.startswith(("rest_framework", "drf_spectacular"))
