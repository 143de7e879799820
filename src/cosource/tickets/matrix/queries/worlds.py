"""What is known of the people and teams that parts of the matrix name, read for all of them at once.

At most six statements, however many parts and people. Not here: what follows from it (`rules`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.parties.models import Absence, DutyShift, Employment, Membership, Person, Placement, Team
from cosource.parties.queries.duty import shift_of
from cosource.tickets.matrix.rules.line import CONTACT, DUTY, PERSON, Line
from cosource.tickets.matrix.rules.reading import BadLines, read_lines
from cosource.tickets.matrix.rules.world import Crew, Member, Someone, Span, World
from cosource.tickets.models import MatrixPart


def lines_of(part: MatrixPart) -> tuple[Line, ...]:
    """Return a part's lines. A document that came from elsewhere and cannot be read names nobody, which the check then says."""
    try:
        return read_lines(part.document)
    except BadLines:
        return ()


def worlds_of(parts: Iterable[MatrixPart], start: datetime, end: datetime) -> dict[UUID, World]:
    """Return, by part, what is known of whom it names between two instants."""
    given = list(parts)
    named = {part.id: [p for line in lines_of(part) for p in line.who if p.kind != CONTACT] for part in given}
    places = [place for some in named.values() for place in some]
    if not places:
        return {part.id: World() for part in given}
    own = {part.id: part.organization_id for part in given}
    teams = _crews(
        {UUID(p.id) for p in places if p.kind != PERSON},
        start,
        end,
        rosters=any(p.kind == DUTY for p in places),
    )
    people = {UUID(p.id) for p in places if p.kind == PERSON}
    people |= {UUID(m.person) for crew in teams.values() for m in crew.members}
    people |= {UUID(shift.person) for crew in teams.values() for shift, _span in crew.shifts if shift.person}
    known, serves = _people(people), _serves(people, set(own.values()), start, end)
    noted = _noted(people, start, end)
    found: dict[UUID, World] = {}
    owners = dict(Team.objects.filter(id__in=[UUID(i) for i in teams]).values_list("id", "organization_id"))
    for part_id, organization_id in own.items():
        crews = {i: crew for i, crew in teams.items() if owners.get(UUID(i)) == organization_id}
        found[part_id] = World(
            {
                i: Someone(
                    one.name,
                    one.active,
                    tuple(serves.spans[organization_id, UUID(i)]),
                    tuple(noted.get((organization_id, UUID(i)), ())),
                    one.phone,
                    one.mail,
                    tuple(
                        span
                        for employer_id in serves.employers.get((organization_id, UUID(i)), ())
                        for span in noted.get((employer_id, UUID(i)), ())
                    ),
                )
                for i, one in known.items()
                if (organization_id, UUID(i)) in serves.spans
            },
            crews,
        )
    return found


def _overlapping(start: datetime, end: datetime) -> Q:
    return Q(starts_at__lt=end) & (Q(ends_at__isnull=True) | Q(ends_at__gt=start))


def _crews(team_ids: set[UUID], start: datetime, end: datetime, *, rosters: bool) -> dict[str, Crew]:
    if not team_ids:
        return {}
    members: dict[UUID, list[Member]] = defaultdict(list)
    rows = Membership.objects.filter(_overlapping(start, end), team_id__in=team_ids)
    for team_id, person_id, leads, begins, ends in rows.order_by("starts_at", "id").values_list(
        "team_id", "person_id", "leads", "starts_at", "ends_at"
    ):
        members[team_id].append(Member(person_id.hex, leads, (begins, ends)))
    shifts: dict[UUID, list[DutyShift]] = defaultdict(list)
    if rosters:
        for row in DutyShift.objects.filter(_overlapping(start, end), team_id__in=team_ids).order_by(
            "starts_at", "id"
        ):
            shifts[row.team_id].append(row)
    return {
        team_id.hex: Crew(
            name,
            tuple(members[team_id]),
            tuple((shift_of(row), (row.starts_at, row.ends_at)) for row in shifts[team_id]),
            ended_at,
        )
        for team_id, name, ended_at in Team.objects.filter(id__in=team_ids).values_list(
            "id", "name", "ended_at"
        )
    }


def _people(person_ids: set[UUID]) -> dict[str, Someone]:
    rows = Person.objects.filter(id__in=person_ids).values_list("id", "name", "is_active", "email", "phone")
    return {i.hex: Someone(name, active, phone=phone, mail=mail) for i, name, active, mail, phone in rows}


def _noted(person_ids: set[UUID], start: datetime, end: datetime) -> dict[tuple[UUID, UUID], list[Span]]:
    """Return when people are away, by the organization that noted it."""
    found: dict[tuple[UUID, UUID], list[Span]] = defaultdict(list)
    for organization_id, person_id, begins, ends in Absence.objects.filter(
        _overlapping(start, end), person_id__in=person_ids
    ).values_list("organization_id", "person_id", "starts_at", "ends_at"):
        if begins < ends:
            found[organization_id, person_id].append((begins, ends))
    return found


@dataclass(frozen=True, slots=True)
class _Service:
    """By organization and person: when they work for it or are placed there, and who placed them."""

    spans: Mapping[tuple[UUID, UUID], Sequence[Span]]
    employers: Mapping[tuple[UUID, UUID], Collection[UUID]]


def _serves(person_ids: set[UUID], organization_ids: set[UUID], start: datetime, end: datetime) -> _Service:
    """Return by organization and person when they work for it, or are placed there by who employs them.

    Whoever worked there once is in it with what is left of that, so that a leaver is told from a stranger.
    """
    employed: dict[tuple[UUID, UUID], list[Span]] = defaultdict(list)
    for organization_id, person_id, begins, ends in Employment.objects.filter(
        person_id__in=person_ids
    ).values_list("organization_id", "person_id", "starts_at", "ends_at"):
        employed[organization_id, person_id].append((begins, ends))
    found = {key: list(spans) for key, spans in employed.items() if key[0] in organization_ids}
    placed = Placement.objects.filter(
        _overlapping(start, end),
        person_id__in=person_ids,
        host_id__in=organization_ids,
        agreed_by_host_at__isnull=False,
    )
    employers: dict[tuple[UUID, UUID], set[UUID]] = defaultdict(set)
    for host_id, person_id, employer_id, begins, ends in placed.values_list(
        "host_id", "person_id", "employer_id", "starts_at", "ends_at"
    ):
        spans = (_shared((begins, ends), span) for span in employed[employer_id, person_id])
        found.setdefault((host_id, person_id), []).extend(span for span in spans if span is not None)
        employers[host_id, person_id].add(employer_id)
    return _Service(found, employers)


def _shared(one: Span, other: Span) -> Span | None:
    begins = max(one[0], other[0])
    ends = min((end for end in (one[1], other[1]) if end is not None), default=None)
    return None if ends is not None and ends <= begins else (begins, ends)
