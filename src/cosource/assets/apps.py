"""Registers the `assets` room with Django."""

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """The room of what is run: the inventory and how its parts hang together."""

    name = "cosource.assets"
    label = "assets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the room into the menu, its steps into the palette and its records into exports."""
        from cosource.assets.queries import exporting, finding  # noqa: PLC0415 - models must be loaded first
        from cosource.assets.services import intake  # noqa: PLC0415 - models must be loaded first
        from cosource.assets.web import menu  # noqa: PLC0415 - models must be loaded first

        exporting.register()
        finding.register()
        intake.register()
        menu.register()
