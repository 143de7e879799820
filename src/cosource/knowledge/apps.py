"""Registers the `knowledge` room with Django."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """The room of articles."""

    name = "cosource.knowledge"
    label = "knowledge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the room into the menu, its steps into the palette and its records into exports."""
        from cosource.knowledge.queries import exporting, finding  # noqa: PLC0415 - models must be loaded first
        from cosource.knowledge.services import intake  # noqa: PLC0415 - models must be loaded first
        from cosource.knowledge.web import menu  # noqa: PLC0415 - models must be loaded first

        exporting.register()
        finding.register()
        intake.register()
        menu.register()
