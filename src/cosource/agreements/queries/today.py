"""The words that an agreement waits for, as the page Today shows them.

Not here: the page, which asks every room (`foundation.today`).
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.agreements.queries.waiting import versions_awaited
from cosource.foundation.sight import Actor
from cosource.foundation.today import TodayItem


def words_owed(actor: Actor, at: datetime, for_teams: bool) -> list[TodayItem]:
    """Return the tabled versions that wait for the word of the actor's own party, where it may give it. One query."""
    return [
        TodayItem(
            id=version.id,
            icon="writing-sign",
            title=_("Give your word on %(agreement)s") % {"agreement": version.name},
            reference=_("version %(number)s") % {"number": version.number},
            why=_("Nothing of it holds before both parties have confirmed it"),
            url=reverse("agreements:detail", args=[version.agreement_id]),
            action=_("Read"),
        )
        for version in versions_awaited(actor)
    ]
