"""Registers the `metrics` room with Django."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """The room of figures."""

    name = "cosource.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the worker gather facts, and put the room into the menu, its questions among notices and exports."""
        from cosource.metrics.jobs import following, monthly  # noqa: PLC0415 - models must be loaded first
        from cosource.metrics.queries import exporting  # noqa: PLC0415 - models must be loaded first
        from cosource.metrics.services import intake, questions  # noqa: PLC0415 - models must be loaded first
        from cosource.metrics.web import menu  # noqa: PLC0415 - models must be loaded first

        following.register()
        monthly.register()
        questions.register()
        exporting.register()
        intake.register()
        menu.register()
