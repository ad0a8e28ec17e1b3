from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import checks, receivers  # noqa: F401  they register themselves
        from accounts.api import schema  # noqa: F401
