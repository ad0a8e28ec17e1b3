"""Down = call, up = signal: held by import-linter, and by the foreign keys themselves."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from importlinter.api import read_configuration
from importlinter.application.use_cases import lint_imports

ROOT = Path(__file__).resolve().parents[2]
ORDER = {
    "factory_mes": 6,
    "floor": 5,
    "andon": 4,
    "oee": 4,
    "production": 3,
    "equipment": 2,
    "accounts": 1,
    "audit": 1,
    "core": 0,
}


def test_imports_go_down_only():
    assert read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"], "no contract is configured"
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None), "see the report above"


def test_foreign_keys_go_down_only():
    """An app's tables point at its own or at lower ones; at the user model from anywhere."""
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in ORDER
        for field in model._meta.get_fields()
        if field.is_relation
        and field.concrete
        and field.related_model._meta.label not in ("accounts.User", "auth.Group")
        if field.related_model._meta.app_label in ORDER
        if ORDER[field.related_model._meta.app_label] > ORDER[model._meta.app_label]
    ]
    assert wrong == []


def test_core_has_no_tables():
    assert list(apps.get_app_config("core").get_models()) == []


def test_every_app_is_known_to_the_order():
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    assert ours <= set(ORDER)
