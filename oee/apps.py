from django.apps import AppConfig


class OeeConfig(AppConfig):
    name = "oee"
    verbose_name = "OEE"

    def ready(self) -> None:
        from oee import receivers  # noqa: F401  connects them
