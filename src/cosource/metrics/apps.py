"""Registers the `metrics` room with Django."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """The room of figures."""

    name = "cosource.metrics"
    label = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the worker gather facts."""
        from cosource.metrics.jobs import following  # noqa: PLC0415 - models must be loaded first

        following.register()
