from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "equipment"
    verbose_name = "Plant and machines"

    def ready(self) -> None:
        from equipment import receivers  # noqa: F401  connects them
