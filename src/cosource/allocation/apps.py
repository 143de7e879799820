"""Registers the `allocation` room with Django."""

from django.apps import AppConfig


class AllocationConfig(AppConfig):
    """The room in which it is worked out who does what; it has rules and a command, and no rows yet."""

    name = "cosource.allocation"
    label = "allocation"
    default_auto_field = "django.db.models.BigAutoField"
