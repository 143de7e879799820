"""Registers the `parties` room with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartiesConfig(AppConfig):
    """The room of organizations, people and rights."""

    name = "cosource.parties"
    label = "parties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cosource.foundation.ledger_sight import (  # noqa: PLC0415 - as below
            register_ledger_sight,
        )
        from cosource.foundation.notices import (  # noqa: PLC0415 - as below
            register_notice_kind,
            register_notice_people,
            register_notice_subject,
        )
        from cosource.foundation.sight import register_resolver  # noqa: PLC0415 - models must be loaded first
        from cosource.parties import pages  # noqa: PLC0415 - models must be loaded first
        from cosource.parties.queries import exporting, finding  # noqa: PLC0415 - models must be loaded first
        from cosource.parties.queries.ledger_sight import (  # noqa: PLC0415 - models must be loaded first
            PartiesLedgerSight,
        )
        from cosource.parties.queries.notices import (  # noqa: PLC0415 - models must be loaded first
            engagement_lines,
            people_to_tell,
            person_lines,
        )
        from cosource.parties.queries.sight import sight_of_person  # noqa: PLC0415 - models must be loaded first
        from cosource.parties.services import absences, intake, password_reset  # noqa: PLC0415 - models must be loaded first
        from cosource.parties.services.invitations import JOINED  # noqa: PLC0415 - models must be loaded first

        register_resolver(sight_of_person)
        register_ledger_sight(PartiesLedgerSight())
        register_notice_people(people_to_tell)
        register_notice_subject("person", person_lines)
        register_notice_subject("engagement", engagement_lines)
        register_notice_kind(JOINED, _("Somebody accepts my invitation"))
        password_reset.register()
        absences.register()
        exporting.register()
        finding.register()
        intake.register()
        pages.register_marks()
        pages.register_rooms()
