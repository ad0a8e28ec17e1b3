"""The house rules that a program can check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks

from core.checks import api_operations
from core.ledger import AuditedModel, GuardedQuerySet

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "accounts", "audit", "equipment", "production", "oee", "andon", "floor", "factory_mes")
SOURCES = [
    path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts
]
LONGEST_FILE, LONGEST_FUNCTION = 450, 80


def test_system_checks_pass():
    assert [message for message in run_checks() if message.level >= 40] == []


def test_every_operation_is_found():
    """The fail-closed check walks over real operations, not over an empty list."""
    assert len(list(api_operations())) > 100


@pytest.mark.parametrize(
    "model", [m for m in apps.get_models() if issubclass(m, AuditedModel)], ids=lambda m: m._meta.label
)
def test_audited_models_are_guarded(model):
    assert issubclass(model._default_manager._queryset_class, GuardedQuerySet)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_readable(path):
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda m: m._meta.label)
def test_constraints_are_named_for_their_model(model):
    """`<app>_<model>_<meaning>`, so that an error names its rule."""
    if model._meta.app_label in APPS:
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        assert [c.name for c in model._meta.constraints if not c.name.startswith(prefix)] == []


def test_templates_hold_no_inline_script_or_style():
    """The content security policy would block them; so would a careful reader."""
    bad = (" onclick=", " onload=", " onchange=", " onsubmit=", " style=", "<style", "javascript:")
    pages = [page for page in (ROOT / "templates").rglob("*.html") if "mail" not in page.name]
    assert pages
    found = [f"{page.name}: {word}" for page in pages for word in bad if word in page.read_text().lower()]
    assert found == []
