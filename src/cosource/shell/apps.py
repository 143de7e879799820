"""Registers the `shell` room with Django."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """The frame: templates, static files, error pages."""

    name = "cosource.shell"
    label = "shell"
    default_auto_field = "django.db.models.BigAutoField"
