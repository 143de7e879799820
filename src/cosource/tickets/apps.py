"""Registers the `tickets` room with Django."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "cosource.tickets"
    label = "tickets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cosource.tickets.jobs import bulk, escalations, recurring  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.matrix import registering as matrix  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.queries import attachments, exporting, exporting_beside, finding, live  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.routing.jobs import learning, replay  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.routing.services import deciding  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.routing.web import menu as routing_menu  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.services import (  # noqa: PLC0415 - models must be loaded first
            acknowledging,
            article_origin,
            calls,
            canned,
            checklists,
            effort,
            fields,
            following,
            handover_telling,
            hiding,
            intake,
            links,
            mentions,
            recurring_halting,
            sharing,
            surveys,
            telling,
            templates,
            writing,
        )
        from cosource.tickets.web import articles, canned_menu, contacts, kept_menu, list_menu, menu  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.web import calls as calls_page  # noqa: PLC0415 - models must be loaded first
        from cosource.tickets.web import surveys as surveys_page  # noqa: PLC0415 - models must be loaded first

        deciding.register()
        learning.register()
        replay.register()
        routing_menu.register()
        matrix.register()
        attachments.register()
        sharing.register()
        surveys.register()
        links.register()
        checklists.register()
        effort.register()
        fields.register()
        telling.register()
        handover_telling.register()
        templates.register()
        hiding.register()
        following.register()
        mentions.register()
        canned.register()
        calls.register()
        writing.register()
        acknowledging.register()
        article_origin.register()
        articles.register()
        escalations.register()
        recurring.register()
        recurring_halting.register()
        bulk.register()
        menu.register()
        list_menu.register()
        canned_menu.register()
        kept_menu.register()
        contacts.register()
        calls_page.register()
        surveys_page.register()
        live.register()
        finding.register()
        exporting.register()
        exporting_beside.register()
        intake.register()
