"""Registers the `bridges` room with Django."""

from django.apps import AppConfig

from cosource.foundation.live.registry import register_harmless


class BridgesConfig(AppConfig):
    """The room of foreign records."""

    name = "cosource.bridges"
    label = "bridges"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the worker do imports, and put the room into the menu."""
        from cosource.bridges.jobs import imports  # noqa: PLC0415 - models must be loaded first
        from cosource.bridges.web import menu  # noqa: PLC0415 - models must be loaded first

        imports.register()
        menu.register()
        # The tickets that an import brings are told of one by one.
        register_harmless("import")
