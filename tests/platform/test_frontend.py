"""Front-end packages: what pages need is served by us, what they refer to as well, and nothing else."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from factory_mes.frontend import NodePackagesFinder

PACKAGES = Path(settings.BASE_DIR) / "node_modules"


@pytest.fixture
def served():
    return {f"{storage.prefix}/{path}" for path, storage in NodePackagesFinder().list(None)}


def test_every_file_the_pages_need_is_there():
    assert NodePackagesFinder().check() == []


def test_the_file_found_is_the_package_s_own():
    found = finders.find("vendor/htmx.org/dist/htmx.min.js")
    assert Path(found) == PACKAGES / "htmx.org/dist/htmx.min.js"
    assert "htmx" in Path(found).read_text()


def test_fonts_and_source_maps_that_served_files_name_are_served_too(served):
    named = 0
    for path in [path for path in served if path.endswith((".css", ".js"))]:
        text = Path(finders.find(path)).read_text()
        for reference in re.findall(
            r"url\([\"']?(?!data:)([^)\"'?#]+)|sourceMappingURL=(\S+?)(?:\s|\*|$)", text
        ):
            named += 1
            target = (PACKAGES / path.removeprefix("vendor/")).parent / "".join(reference)
            assert f"vendor/{target.resolve().relative_to(PACKAGES)}" in served
    assert named > 90  # the Korean font alone comes in 92 pieces


@pytest.mark.parametrize(
    "path",
    [
        "vendor/bootstrap/package.json",
        "vendor/echarts/dist/echarts.js",
        "vendor/htmx.org/dist/../package.json",
        "vendor/../package.json",
        "vendor//etc/passwd",
        "vendor/",
        "bootstrap/dist/css/bootstrap.min.css",
    ],
)
def test_nothing_else_of_a_package_is_served(path):
    assert not NodePackagesFinder().find(path)
    assert NodePackagesFinder().find(path, find_all=True) == []


def test_the_lock_file_names_no_registry():
    lock = (Path(settings.BASE_DIR) / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
