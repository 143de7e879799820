"""The checklist of a ticket's page: points are added, ticked off and taken away."""

from cosource.foundation.doors import PageRequest
from cosource.tickets.services.checklists import checklist_add, checklist_remove, checklist_tick
from cosource.tickets.web.parsing import text_in
from cosource.tickets.web.ticket import Common, step


@step("checklist")
def add(request: PageRequest, common: Common) -> None:
    """Add points, one in a line."""
    common.pop("expected_version")
    checklist_add(texts=text_in(request, "text").splitlines(), **common)


@step("")
def tick(request: PageRequest, common: Common) -> None:
    """Tick a point off, or say that it is not done."""
    common.pop("expected_version")
    checklist_tick(done=text_in(request, "done") == "1", **common)


@step("")
def remove(request: PageRequest, common: Common) -> None:
    """Take a point off the list."""
    common.pop("expected_version")
    checklist_remove(**common)
