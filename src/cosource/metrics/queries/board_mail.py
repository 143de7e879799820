"""Who may have the page of a desk mailed each month, who has, and the mail itself. Not here: on and off (`services`)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.agreements.rules.rights import Level, house_level, level_on
from cosource.foundation.notices import RegularMail
from cosource.foundation.sight import Actor
from cosource.metrics.models import BoardMail
from cosource.metrics.queries.paper import Paper
from cosource.metrics.queries.paper_page import board_pdf
from cosource.metrics.queries.paper_words import (
    asked_sentences,
    file_name,
    lead_words,
    live_url,
    sentences,
    title_words,
)
from cosource.metrics.queries.scopes import Scope, scopes_for
from cosource.metrics.queries.words import period_words


@dataclass(frozen=True, slots=True)
class Mailed:
    """A desk whose page somebody has mailed."""

    id: UUID
    desk: UUID
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: what it says, and the page with its name."""

    subject: str
    text: str
    name: str
    page: bytes


def may_have_mailed(actor: Actor, scope: Scope | None) -> bool:
    """Tell whether an actor may have a scope mailed: a person who leads its own side of it, and is no guest there."""
    if scope is None or actor.kind != "person" or actor.person_id is None or actor.sight.as_host:
        return False
    if scope.is_own:
        return house_level(actor) is Level.LEAD
    if scope.client_id is None:
        return False
    level = level_on(actor, owner_id=scope.client_id, engagement_id=scope.id, partner_id=scope.partner_id)
    return level is Level.LEAD


def is_mailed(actor: Actor, desk: UUID) -> bool:
    """Tell whether the actor has a desk mailed."""
    return BoardMail.objects.visible_to(actor).filter(desk=desk).exists()


def mailed_list(actor: Actor) -> list[Mailed]:
    """Return the desks that the actor has mailed, by name; those out of sight now are left out."""
    names = {scope.id: scope.name for scope in scopes_for(actor)}
    rows = BoardMail.objects.visible_to(actor)
    found = [Mailed(r.id, r.desk, names[r.desk], r.since) for r in rows if r.desk in names]
    return sorted(found, key=lambda mailed: (mailed.name, mailed.id))


def regular_mails_of(actor: Actor) -> list[RegularMail]:
    """Return them for the page on which somebody chooses what they are told."""
    return [
        RegularMail(
            _("The figures of %(desk)s") % {"desk": mailed.name},
            _("on the third of each month"),
            f"{reverse('scoreboard:board')}?scope={mailed.desk}",
        )
        for mailed in (mailed_list(actor) if BoardMail.objects.visible_to(actor).exists() else ())
    ]


def letter_of(paper: Paper, off_url: str) -> Letter:
    """Return the mail of a page, in the language in use. `off_url`: where it is ended."""
    text = render_to_string(
        "scoreboard/board_mail.txt",
        {
            "title": title_words(paper),
            "period": period_words(paper.period),
            "lead": lead_words(paper),
            "sentences": sentences(paper),
            "asked": asked_sentences(paper),
            "live": live_url(paper),
            "off": off_url,
        },
    )
    subject = _("%(title)s: figures of %(period)s") % {
        "title": title_words(paper),
        "period": period_words(paper.period),
    }
    return Letter(
        subject.replace("\u200b", ""), text.replace("\u200b", ""), file_name(paper), board_pdf(paper)
    )
