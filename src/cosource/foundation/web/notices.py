"""The pages of notices: one's own list, one's choices, one's browsers, and acknowledging by a link without signing in.

Not here: the organization's webhooks and gateways (`channels`).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.models.work import WORK_KEEPERS
from cosource.foundation.notices import notice_kinds, regular_mails
from cosource.foundation.queries import notices as queries
from cosource.foundation.rules.notices import MAIL, PUSH, SMS, VOICE
from cosource.foundation.services.notice_choices import choices_set
from cosource.foundation.services.notices import (
    notice_acknowledge,
    notice_acknowledge_by_token,
    notice_of_token,
    notices_read,
)
from cosource.foundation.services.push import push_public_key, push_subscribe, push_unsubscribe

WAY_LABELS = {
    MAIL: gettext_lazy("Mail"),
    PUSH: gettext_lazy("Browser"),
    SMS: gettext_lazy("Text message"),
    VOICE: gettext_lazy("Call"),
}
_BODY_LIMIT = 8_000


def tabs(request: PageRequest, tab: str) -> dict[str, Any]:
    """Return what the pages' common head shows."""
    sight = request.actor.sight
    return {"tab": tab, "keeps_channels": not sight.as_host and bool(sight.roles_on(None) & WORK_KEEPERS)}


@require_safe
@signed_in
def notices_page(request: PageRequest) -> HttpResponse:
    """List one's notices, newest first."""
    page = queries.notice_list(actor=request.actor, cursor=request.GET.get("after", "")[:500])
    return render(request, "foundation/notices.html", {"page": page, **tabs(request, "list")})


@require_POST
@signed_in
def notice_open(request: PageRequest, notice_id: UUID) -> HttpResponse:
    """Mark a notice as read and go to what it is about."""
    notice = notices_read(notice_id=notice_id, actor=request.actor, at=clock.now())
    if notice is None:
        raise NotFound
    return HttpResponseRedirect(notice.url)


@require_POST
@signed_in
def notices_all_read(request: PageRequest) -> HttpResponse:
    """Mark all one's notices as read."""
    notices_read(actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("notices:list"))


@require_POST
@signed_in
def acknowledge(request: PageRequest, notice_id: UUID) -> HttpResponse:
    """Acknowledge a notice."""
    notice_acknowledge(notice_id=notice_id, actor=request.actor, at=clock.now())
    messages.success(request, _("Acknowledged."))
    return HttpResponseRedirect(reverse("notices:list"))


@require_http_methods(["GET", "HEAD", "POST"])
def by_token(request: HttpRequest, token: str) -> HttpResponse:
    """Acknowledge by a link from a mail or message: a page with one button, for who is not signed in.

    It shows nothing of what the notice is about: whoever has the link knows, and anybody else should not learn.
    """
    notice = notice_of_token(token)
    if request.method == "POST":
        notice = notice_acknowledge_by_token(token=token, at=clock.now())
    response = render(request, "foundation/notice_by_token.html", {"notice": notice})
    patch_cache_control(response, private=True, no_store=True)
    # Not even this site's own log learns the address; "no-referrer" would also hide the form's origin, which is checked.
    response["Referrer-Policy"] = "strict-origin"
    return response


class ChoicesForm(forms.Form):
    """How somebody wants to be told; the ways by kind are read beside it."""

    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("until"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    urgent_passes = forms.BooleanField(
        label=gettext_lazy("What is urgent comes in quiet hours too"), required=False
    )
    digest = forms.ChoiceField(
        label=gettext_lazy("Mails that are not urgent"),
        required=False,
        choices=[
            ("", gettext_lazy("at once, each by itself")),
            ("hourly", gettext_lazy("together, every hour")),
            ("daily", gettext_lazy("together, once a day")),
        ],
    )
    digest_at = forms.TimeField(
        label=gettext_lazy("Once a day at"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"),
        required=False,
        max_length=32,
        help_text=gettext_lazy("With the country, as in +49 30 1234567. Only your notices use it."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def choices_page(request: PageRequest) -> HttpResponse:
    """Show and keep how one is told of what."""
    page = queries.choices_page(request.actor)
    row = page.row
    initial = {
        "quiet_from": row.quiet_from,
        "quiet_until": row.quiet_until,
        "urgent_passes": row.urgent_passes,
        "digest": row.digest,
        "digest_at": row.digest_at,
        "phone": row.phone,
    }
    form = ChoicesForm(request.POST or None, initial=initial)
    ways = dict(page.ways)
    if request.method == "POST":
        ways = {k.key: frozenset(request.POST.getlist(f"way-{k.key}")) for k in notice_kinds()}
        if form.is_valid() and _saved(request, form, ways):
            messages.success(request, _("Kept."))
            return HttpResponseRedirect(reverse("notices:choices"))
    context = {
        **tabs(request, "choices"),
        "form": form,
        "ways": [(way, WAY_LABELS[way]) for way in page.offered],
        "kinds": [{"kind": kind, "ways": ways.get(kind.key, kind.ways)} for kind in notice_kinds()],
        "browsers": page.browsers,
        "regular": regular_mails(request.actor),
        "push_key": push_public_key(),
        "has_telephone": bool({SMS, VOICE} & set(page.offered)),
    }
    return render(request, "foundation/notice_choices.html", context, status=422 if form.errors else 200)


def _saved(request: PageRequest, form: ChoicesForm, ways: dict[str, frozenset[str]]) -> bool:
    try:
        choices_set(**form.cleaned_data, ways=ways, actor=request.actor)
    except Invalid as refused:
        for name, what in refused.details["fields"].items():
            form.add_error(name if name in form.fields else None, what)
        return False
    return True


@require_POST
@signed_in
def browser_add(request: PageRequest) -> HttpResponse:
    """Keep the browser that asks, with what its push service gave it."""
    bad = Invalid(_("This browser’s answer cannot be used."), fields={"endpoint": _("Subscribe again.")})
    if len(request.body) > _BODY_LIMIT:
        raise bad
    try:
        given: Any = json.loads(request.body)
        address, key, secret = given["endpoint"], given["keys"]["p256dh"], given["keys"]["auth"]
    except (ValueError, KeyError, TypeError):
        raise bad from None
    if not all(isinstance(value, str) and "\x00" not in value for value in (address, key, secret)):
        raise bad
    push_subscribe(
        address=address,
        key=key,
        secret=secret,
        label=_browser(request.headers.get("user-agent", "")),
        actor=request.actor,
        at=clock.now(),
    )
    return JsonResponse({}, status=201)


@require_POST
@signed_in
def browser_forget(request: PageRequest, subscription_id: UUID) -> HttpResponse:
    """Show no notices in a browser any more."""
    push_unsubscribe(subscription_id=subscription_id, actor=request.actor)
    messages.success(request, _("That browser is told nothing any more."))
    return HttpResponseRedirect(reverse("notices:choices"))


def _browser(agent: str) -> str:
    """Return a browser and system as people call them."""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac", "macOS"),
        ("Linux", "Linux"),
    )
    named = [next((name for mark, name in known if mark in agent), "") for known in (browsers, systems)]
    return ", ".join(filter(None, named)) or _("A browser")


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """Give the script that shows notices while no page is open; from here it may do so for the whole site."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker() -> bytes:
    return (Path(__file__).parents[1] / "static" / "foundation" / "push-worker.js").read_bytes()
