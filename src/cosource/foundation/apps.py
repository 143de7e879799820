"""Registers the `foundation` room with Django."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class FoundationConfig(AppConfig):
    name = "cosource.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cosource.foundation import connecting, tasks  # noqa: PLC0415 - models must be loaded first
        from cosource.foundation.queries import export_entries, export_files  # noqa: PLC0415 - models must be loaded first
        from cosource.foundation.services import (  # noqa: PLC0415 - models must be loaded first
            entry_intake,
            file_intake,
            files,
            gateways,
            mail,
            notice_mail,
            notices,
            push,
            sweeping,
            verifying,
            webhooks,
        )
        from cosource.foundation.web import menu  # noqa: PLC0415 - models must be loaded first

        for service in (
            mail,
            notices,
            notice_mail,
            push,
            webhooks,
            gateways,
            sweeping,
            tasks,
            verifying,
            entry_intake,
            files,
            file_intake,
        ):
            service.register()
        export_entries.register()
        export_files.register()
        connection_created.connect(connecting.connection_made, dispatch_uid="connecting")
        menu.register()
