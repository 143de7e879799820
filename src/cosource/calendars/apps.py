"""Registers the `calendars` room with Django."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    """The room of working hours; it has rules and a command, and no rows."""

    name = "cosource.calendars"
    label = "calendars"
    default_auto_field = "django.db.models.BigAutoField"
