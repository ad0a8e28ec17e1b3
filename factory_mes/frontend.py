"""Front-end packages as static files: an allow-list out of node_modules, served as ``vendor/<package>/<path in it>``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

PREFIX = "vendor"
# What pages load, with what it refers to in turn (fonts, source maps): hashed static storage fails on a missing one.
SERVED = (
    "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap/dist/css/bootstrap.min.css.map",
    "bootstrap/dist/js/bootstrap.bundle.min.js",
    "bootstrap/dist/js/bootstrap.bundle.min.js.map",
    "bootstrap-icons/font/bootstrap-icons.min.css",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff*",
    "echarts/dist/echarts.min.js",
    "htmx.org/dist/htmx.min.js",
    "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css",
    "pretendard/dist/web/variable/woff2-dynamic-subset/*.woff2",
)


class NodePackagesFinder(BaseFinder):
    """Finds the served files of the installed packages, and nothing else that packages bring."""

    def __init__(self, app_names: object = None) -> None:
        self.packages = Path(settings.BASE_DIR) / "node_modules"
        self.storage = FileSystemStorage(location=self.packages)
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]  # read by collectstatic and WhiteNoise

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Name each pattern that matches no file, as after an update that moved it."""
        missing = [pattern for pattern in SERVED if not any(self.packages.glob(pattern))]
        hint = "Install the front-end packages: make node_modules"
        return [Error(f"No file node_modules/{name}", hint=hint, id="frontend.E001") for name in missing]

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every served file, by its path below node_modules."""
        for pattern in SERVED:
            for path in sorted(self.packages.glob(pattern)):
                yield path.relative_to(self.packages).as_posix(), self.storage

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file behind the static path, where it is a served one."""
        served = {f"{PREFIX}/{name}": storage.path(name) for name, storage in self.list(None)}
        found = served.get(path)
        return ([found] if found else []) if find_all else found
