from django.apps import AppConfig


class FloorConfig(AppConfig):
    name = "floor"
    verbose_name = "Floor"

    def ready(self) -> None:
        from floor import receivers  # noqa: F401  connects them
