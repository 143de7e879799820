"""The steps that set tickets in relation to each other: link, take a link off, merge, take a merge back, split.

Another ticket is named by its reference, or chosen among those that words find. Not here: the page (`pages`).
"""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.tickets.queries.links import tickets_found
from cosource.tickets.services.links import ticket_link, ticket_unlink
from cosource.tickets.services.merging import ticket_merge, ticket_unmerge
from cosource.tickets.services.splitting import ticket_split
from cosource.tickets.web.parsing import one_uuid, text_in
from cosource.tickets.web.ticket import Common, step


def other_ticket(request: PageRequest, common: Common) -> UUID:
    """Return the ticket that a form names. Raises: Invalid, with those that its words found."""
    chosen, typed = text_in(request, "other"), text_in(request, "to")
    if chosen and typed == text_in(request, "asked"):
        return one_uuid(chosen, "to")
    actor: Actor = common["actor"]
    meant, found = tickets_found(actor=actor, text=typed, but=common["ticket_id"], at=common["at"])
    if meant is not None:
        return meant
    if found:
        words = _("Choose one of these.")
    elif typed.strip():
        words = _("No other ticket in your sight is called so or has these words.")
    else:
        words = _("Write a reference, or words of its title.")
    raise Invalid(_("Which ticket?"), fields={"to": words}, code="which_ticket", found=found, asked=typed)


@step("link")
def link(request: PageRequest, common: Common) -> None:
    """Link with another ticket."""
    ticket_link(other_id=other_ticket(request, common), kind=text_in(request, "kind"), **common)


@step("merge")
def merge(request: PageRequest, common: Common) -> None:
    """End as the duplicate of another ticket."""
    ticket_merge(into_id=other_ticket(request, common), text=text_in(request, "text"), **common)


@step("split")
def split(request: PageRequest, common: Common) -> HttpResponse:
    """Start a new ticket from messages, and go there."""
    chosen = [one_uuid(text, "entry_ids") for text in request.POST.getlist("entry_ids")]
    ticket = ticket_split(entry_ids=chosen, title=text_in(request, "title"), **common)
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket.id]), status=303)


@step("")
def unmerge(request: PageRequest, common: Common) -> None:
    """Take a merge back."""
    ticket_unmerge(**common)


@step("")
def unlink(request: PageRequest, common: Common) -> None:
    """Take a link off."""
    ticket_unlink(**common)
