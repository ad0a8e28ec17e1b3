"""Front-end packages as static files: an allow-list out of node_modules, under vendor/."""

from django.contrib.staticfiles.finders import BaseFinder


class NodePackagesFinder(BaseFinder):
    def find(self, path, find_all=False, **kwargs):
        return [] if find_all else None

    def list(self, ignore_patterns):
        return []
