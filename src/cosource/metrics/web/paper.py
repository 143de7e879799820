"""The page for a board as a file. Not here: what is on it (`queries.paper`)."""

from django.http import HttpResponse

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest
from cosource.metrics.queries.paper import paper_get
from cosource.metrics.queries.paper_page import board_pdf
from cosource.metrics.queries.paper_words import file_name
from cosource.metrics.web.asking import asking
from cosource.metrics.web.pages import figures_page


@figures_page
def paper(request: PageRequest) -> HttpResponse:
    """Give the scoreboard of a scope and period as one page."""
    asked = asking(request)
    found = paper_get(request.actor, desk_ids=asked.scope, period=asked.period, at=clock.now())
    response = HttpResponse(board_pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(found)}"'
    return response
