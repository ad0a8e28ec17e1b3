"""Migrations are part of the change: none missing, no twins, no app code inside."""

from __future__ import annotations

import re
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in ROOT.glob("*/migrations/[0-9]*.py"))


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes detected" in out.getvalue()


def test_no_two_migrations_share_a_number():
    numbers = Counter((path.parent.parent.name, path.name[:4]) for path in FILES)
    assert FILES
    assert [key for key, count in numbers.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_migrations_have_a_name_and_can_be_undone(path):
    text = path.read_text()
    assert re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+", path.stem) and "_auto_" not in path.stem
    for call in re.findall(r"RunPython\(([^)]*)\)", text):
        assert "," in call, "RunPython without its reverse"
    if "RunSQL(" in text:
        assert "reverse_sql" in text or "migrations.RunSQL.noop" in text
