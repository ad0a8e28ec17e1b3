"""Django's admin with our site in it."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ManagersAdmin(AdminConfig):
    default_site = "factory_mes.admin_site.ManagersSite"
