"""Registers the `agreements` room with Django."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """The room of agreements."""

    name = "cosource.agreements"
    label = "agreements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the room into the menu, its step into the palette and its records into exports."""
        from cosource.agreements.queries import exporting  # noqa: PLC0415 - models must be loaded first
        from cosource.agreements.services import intake  # noqa: PLC0415 - models must be loaded first
        from cosource.agreements.web import menu  # noqa: PLC0415 - models must be loaded first

        exporting.register()
        intake.register()
        menu.register()
