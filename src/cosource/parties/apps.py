"""Registers the `parties` room with Django."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """The room of organizations, people and rights."""

    name = "cosource.parties"
    label = "parties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cosource.foundation.ledger_sight import (  # noqa: PLC0415 - as below
            register_ledger_sight,
        )
        from cosource.foundation.sight import register_resolver  # noqa: PLC0415 - models must be loaded first
        from cosource.parties import pages  # noqa: PLC0415 - models must be loaded first
        from cosource.parties.queries.ledger_sight import (  # noqa: PLC0415 - models must be loaded first
            PartiesLedgerSight,
        )
        from cosource.parties.queries.sight import sight_of_person  # noqa: PLC0415 - models must be loaded first
        from cosource.parties.services import password_reset  # noqa: PLC0415 - models must be loaded first

        register_resolver(sight_of_person)
        register_ledger_sight(PartiesLedgerSight())
        password_reset.register()
        pages.register_marks()
        pages.register_rooms()
