"""Who asks for figures at the command line, and in which language."""

from django.conf import settings
from django.db.models import Count

from cosource.foundation.notices import notice_people
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization


def usual_reader() -> str | None:
    """Return the name of the organization that has most tickets of its own; None while there are none."""
    counted = Organization.objects.annotate(owned=Count("tickets")).filter(owned__gt=0)
    return counted.order_by("-owned", "id").values_list("name", flat=True).first()


def language_of(actor: Actor) -> str:
    """Return the language in which an actor reads: a person's own, else the installation's."""
    if actor.kind == "person" and actor.person_id is not None and actor.organization_id is not None:
        person = notice_people([actor.person_id], actor.organization_id).get(actor.person_id)
        if person is not None and person.locale:
            return person.locale
    return settings.LANGUAGE_CODE
