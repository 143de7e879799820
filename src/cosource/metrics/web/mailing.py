"""Having the page of a desk mailed each month: the button on the scoreboard, and the link in the mail."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotFound
from cosource.metrics.services.board_mail import (
    board_mail_begin,
    board_mail_end,
    board_mail_end_by_token,
    board_mail_of_token,
)
from cosource.metrics.web.asking import asking


@require_POST
@signed_in
def mail(request: PageRequest) -> HttpResponse:
    """Turn the monthly mail of the desk in the address on (`on`) or off."""
    asked = asking(request)
    if asked.desk is None:
        raise NotFound
    if request.POST.get("on"):
        board_mail_begin(desk_id=asked.desk.id, actor=request.actor, at=clock.now())
        messages.success(
            request, _("You get this page by mail on the third of each month, at 7 in the morning.")
        )
    else:
        board_mail_end(desk_id=asked.desk.id, actor=request.actor, at=clock.now())
        messages.success(request, _("It is mailed to you no more."))
    return HttpResponseRedirect(f"{reverse('scoreboard:board')}?{asked.query()}")


@require_http_methods(["GET", "HEAD", "POST"])
def by_token(request: HttpRequest, token: str) -> HttpResponse:
    """End the monthly mail by its link: a page with one button, for who is not signed in; it names neither desk nor person."""
    row = board_mail_of_token(token)
    if request.method == "POST":
        row = board_mail_end_by_token(token=token, at=clock.now())
    response = render(request, "scoreboard/mail_by_token.html", {"ended_at": row.ended_at})
    patch_cache_control(response, private=True, no_store=True)
    # Not even this site's own log learns the address; "no-referrer" would also hide the form's origin, which is checked.
    response["Referrer-Policy"] = "strict-origin"
    return response
