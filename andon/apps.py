from django.apps import AppConfig


class AndonConfig(AppConfig):
    name = "andon"
    verbose_name = "Andon"

    def ready(self) -> None:
        from andon import receivers  # noqa: F401  connects them
