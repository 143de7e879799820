"""The terms of a version as rows to read, beside those of another version.

Not here: what the terms do (`rules.terms`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.durations import minutes_text
from cosource.agreements.rules.ladder import EVERY_PRIORITY
from cosource.agreements.rules.terms import TARGET_KINDS, EscalationTerm, Terms
from cosource.calendars.rules.business_time import Calendar
from cosource.calendars.rules.coverage import gap
from cosource.parties.models import Service, Site

_HOUR = 60
_A_YEAR = timedelta(days=366)
_MATRIX_LEVELS = (1, 2, 3)

KIND_WORDS = {
    "respond": gettext_lazy("respond"),
    "accept": gettext_lazy("accept a handover"),
    "update": gettext_lazy("regular word"),
    "restore": gettext_lazy("restore"),
    "resolve": gettext_lazy("resolve"),
    "approval": gettext_lazy("client’s approval"),
    "access": gettext_lazy("client’s access"),
    "answer": gettext_lazy("client’s answer"),
}
NOTIFIED_WORDS = {
    "team": gettext_lazy("the team"),
    "manager": gettext_lazy("the manager"),
    "deputy": gettext_lazy("the deputy"),
    "other_party": gettext_lazy("the other party"),
}
TURN_WORDS = {
    "requester": gettext_lazy("requester"),
    "client": gettext_lazy("client"),
    "partner": gettext_lazy("partner"),
    "third_party": gettext_lazy("third party"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a term says: its value and what that rests on, such as a calendar."""

    value: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term: `after` in the version that is read, `before` in the one it is compared with; None where it has none."""

    label: str
    after: Cell | None
    before: Cell | None
    compared: bool

    @property
    def is_changed(self) -> bool:
        """Tell whether the two versions differ in this term."""
        return self.compared and self.after != self.before

    @property
    def value_changed(self) -> bool:
        """Tell whether the value differs, whatever it rests on."""
        return self.compared and _value(self.after) != _value(self.before)

    @property
    def base_changed(self) -> bool:
        """Tell whether what the value rests on differs."""
        return self.compared and _base(self.after) != _base(self.before)


@dataclass(frozen=True, slots=True)
class TermGroup:
    """Rows under one heading."""

    title: str
    rows: tuple[TermRow, ...]


def _value(cell: Cell | None) -> str:
    return cell.value if cell else ""


def _base(cell: Cell | None) -> str:
    return cell.base if cell else ""


def term_groups(version_id: UUID, against_id: UUID | None = None) -> tuple[TermGroup, ...]:
    """Return the terms of a version by heading, beside those of another one. Whoever asks has both in sight."""
    terms = terms_of(version_id)
    against = terms_of(against_id) if against_id else None
    places = _places(filter(None, (terms, against)))
    groups = (
        (_("Targets"), _target_cells, True),
        (_("Pause reasons"), _pause_cells, False),
        (_("Calendars"), _calendar_cells, False),
        (_("Escalation"), _ladder_cells, False),
        (_("Limits"), _limit_cells, False),
        (_("Priority by impact and urgency"), _matrix_cells, False),
    )
    found = []
    for title, cells_of, by_place in groups:
        after = cells_of(terms, places)
        before = cells_of(against, places) if against else {}
        labels = list(dict.fromkeys((*after, *before)))
        if by_place:
            labels.sort(key=lambda key: key[0])
        rows = tuple(
            TermRow(key[1], after.get(key), before.get(key), compared=against is not None) for key in labels
        )
        if rows:
            found.append(TermGroup(title, rows))
    return tuple(found)


def term_warnings(version_id: UUID, *, until: datetime | None, at: datetime) -> list[str]:
    """Say of each calendar of a version where it is asked about years whose public holidays are not known.

    Asked from the version's start to its end (`until`), or, while it has none, to a year after `at` or after its start.
    """
    terms = terms_of(version_id)
    end = until or max(at, terms.starts_at) + _A_YEAR
    return [
        _(
            "Calendar “%(calendar)s”: the public holidays of %(region)s are known here from %(first)s to %(last)s. In %(years)s "
            "none of them is closed. Propose a change that lists those days under holidays.dates."
        )
        % {
            "calendar": name,
            "region": found.region,
            "first": found.known_from,
            "last": found.known_until,
            "years": found.years_text,
        }
        for name, calendar in terms.calendars.items()
        if (found := gap(calendar, terms.starts_at, end)) is not None
    ]


# A row's key sorts it and is its label, so that equal terms of two versions meet.
type _Key = tuple[tuple[object, ...], str]
type _Places = dict[UUID, str]


def _places(terms: Iterable[Terms]) -> _Places:
    named = [t for one in terms for t in one.targets]
    site_ids = {t.site_id for t in named if t.site_id}
    service_ids = {t.service_id for t in named if t.service_id}
    places: _Places = {}
    if site_ids:
        places.update(Site.objects.filter(id__in=site_ids).values_list("id", "name"))
    if service_ids:
        places.update(Service.objects.filter(id__in=service_ids).values_list("id", "name"))
    return places


def _target_cells(terms: Terms, places: _Places) -> dict[_Key, Cell]:
    cells: dict[_Key, Cell] = {}
    for target in terms.targets:
        site, service = (
            places.get(place, "") if place else "" for place in (target.site_id, target.service_id)
        )
        words = [
            _("Priority %(priority)s, %(kind)s")
            % {"priority": target.priority, "kind": KIND_WORDS[target.kind]},
            *filter(None, (service, site)),
        ]
        order = (TARGET_KINDS.index(target.kind), target.priority, service, site)
        cells[order, " · ".join(words)] = Cell(minutes_text(target.minutes), target.calendar)
    return cells


def _pause_cells(terms: Terms, _places: _Places) -> dict[_Key, Cell]:
    turn = gettext_lazy("turn of the %(turn)s")
    return {
        ((), reason.label): Cell(str(turn % {"turn": TURN_WORDS[reason.turn]}), reason.key)
        for reason in terms.pause_reasons
    }


def _calendar_cells(terms: Terms, _places: _Places) -> dict[_Key, Cell]:
    return {
        ((), name): Cell(calendar_words(calendar), calendar.zone)
        for name, calendar in terms.calendars.items()
    }


def _limit_cells(terms: Terms, _places: _Places) -> dict[_Key, Cell]:
    return {
        ((), _("Returns before one named owner")): Cell(str(terms.return_limit), _("per ticket")),
        ((), _("Warning at")): Cell(f"{terms.warning_percent} %", _("of a target")),
        ((), _("Answer to an offered handover")): Cell(minutes_text(terms.accept_minutes)),
        ((), _("Saying that an answer was none")): Cell(minutes_text(terms.unchallenged_minutes)),
        **_promise_cells(terms),
    }


def _promise_cells(terms: Terms) -> dict[_Key, Cell]:
    if not terms.in_time_percent:
        return {}
    misses = ngettext("%(n)s miss is allowed", "%(n)s misses are allowed", terms.allowed_misses) % {
        "n": terms.allowed_misses
    }
    return {
        ((), _("Times to resolve that are kept")): Cell(
            f"{terms.in_time_percent} %", misses if terms.allowed_misses else ""
        )
    }


def _ladder_cells(terms: Terms, _places: _Places) -> dict[_Key, Cell]:
    cells: dict[_Key, Cell] = {}
    for step in terms.escalation:
        form = (
            _("Every priority, %(kind)s, at %(when)s")
            if step.priorities == EVERY_PRIORITY
            else _("Priority %(priorities)s, %(kind)s, at %(when)s")
        )
        label = form % {
            "priorities": ", ".join(map(str, sorted(step.priorities))),
            "kind": KIND_WORDS[step.clock],
            "when": _when(step),
        }
        words = str(NOTIFIED_WORDS[step.notify])
        same = cells.get(((), label))
        cells[(), label] = Cell(f"{same.value}, {words}" if same else words, step.hours or _("at any time"))
    return cells


def _when(step: EscalationTerm) -> str:
    if step.percent is not None:
        return f"{step.percent} %"
    if step.after_due < 0:
        return _("%(minutes)s before it is due") % {"minutes": minutes_text(-step.after_due)}
    if step.after_due:
        return _("%(minutes)s overdue") % {"minutes": minutes_text(step.after_due)}
    return _("the due time")


def _matrix_cells(terms: Terms, _places: _Places) -> dict[_Key, Cell]:
    if terms.priority_matrix is None:
        return {}
    label = gettext_lazy("Impact %(impact)s")
    return {
        ((), str(label % {"impact": impact})): Cell(
            " · ".join(map(str, terms.priority_matrix[impact - 1])), _("urgency 1 · 2 · 3")
        )
        for impact in _MATRIX_LEVELS
    }


def calendar_words(calendar: Calendar) -> str:
    """Say in short when a calendar is open, such as "24 × 7" or "Mon–Fri 08:00–17:00"."""
    if calendar.is_always_open:
        return "24 × 7"
    parts = []
    for hours, group in groupby(range(7), key=lambda day: calendar.hours[day]):
        days = list(group)
        if not hours:
            continue
        first, last = str(WEEKDAYS_ABBR[days[0]]), str(WEEKDAYS_ABBR[days[-1]])
        span = first if first == last else f"{first}–{last}"
        parts.append(f"{span} {', '.join(f'{_clock(a)}–{_clock(b)}' for a, b in hours)}")
    if calendar.holidays:
        parts.append(_("public holidays of %(region)s closed") % {"region": calendar.holidays})
    closed = len(calendar.shut_dates)
    if closed:
        parts.append(ngettext("%(count)s day closed", "%(count)s days closed", closed) % {"count": closed})
    return "; ".join(parts)


def _clock(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"
