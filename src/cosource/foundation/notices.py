"""What rooms tell the notices: which kinds there are, what the subjects are called, and who people are.

A room registers in its app's `ready()`. Not here: telling somebody (`services.notices`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.pages import Text
from cosource.foundation.rules.notices import MAIL, PUSH
from cosource.foundation.sight import Actor, resolve_sight


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice as people choose it; `ways`: how it comes to somebody who chose nothing."""

    key: str
    label: Text
    ways: frozenset[str]


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """What a subject is called for one reader."""

    reference: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class NoticePerson:
    """Somebody who can be told: address, language (empty: the installation's) and zone."""

    id: UUID
    name: str
    email: str
    locale: str
    zone: str


@dataclass(frozen=True, slots=True)
class RegularMail:
    """Something that somebody has mailed again and again: what it is, how often, and the page on this site where it ends."""

    label: str
    rhythm: str
    url: str


# Given the reader, what they have mailed regularly.
type RegularMails = Callable[[Actor], list[RegularMail]]
# Given the reader and ids, the lines of those subjects that the reader sees; the others are left out.
type SubjectLines = Callable[[Actor, Collection[UUID]], Mapping[UUID, SubjectLine]]
# Given ids and an organization, the people among them who may sign in; the zone is theirs or the organization's.
type NoticePeople = Callable[[Collection[UUID], UUID], Mapping[UUID, NoticePerson]]

_kinds: dict[str, NoticeKind] = {}
_subjects: dict[str, SubjectLines] = {}
_people: list[NoticePeople] = []
_regular: list[RegularMails] = []


def register_notice_kind(key: str, label: Text, ways: Collection[str] = (MAIL, PUSH)) -> None:
    """Let people choose how they are told of this kind of thing."""
    _kinds[key] = NoticeKind(key, label, frozenset(ways))


def register_notice_subject(kind: str, lines: SubjectLines) -> None:
    """Say how subjects of this kind are called, for those who see them."""
    _subjects[kind] = lines


def register_notice_people(people: NoticePeople) -> None:
    """Let the parties room say who people are."""
    _people[:] = [people]


def register_regular_mails(mails: RegularMails) -> None:
    """Let a room say what somebody has mailed regularly, for the page of their choices."""
    if mails not in _regular:
        _regular.append(mails)


def regular_mails(actor: Actor) -> list[RegularMail]:
    """Return what the actor has mailed regularly."""
    return [mail for mails in _regular for mail in mails(actor)]


def notice_kinds() -> list[NoticeKind]:
    """Return all kinds in the order of their registration."""
    return list(_kinds.values())


def notice_kind(key: str) -> NoticeKind:
    """Return one kind. Raises: KeyError, saying what to do."""
    if key not in _kinds:
        raise KeyError(f"{key} is no kind of notice: register it with register_notice_kind().")
    return _kinds[key]


def is_subject(kind: str) -> bool:
    """Return whether some room knows subjects of this kind."""
    return kind in _subjects


def subject_lines(kind: str, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, SubjectLine]:
    """Return the lines of the subjects among `ids` that the actor sees."""
    known = _subjects.get(kind)
    return known(actor, ids) if known and ids else {}


def notice_people(ids: Collection[UUID], organization_id: UUID) -> Mapping[UUID, NoticePerson]:
    """Return the people among `ids` who can be told."""
    return _people[0](ids, organization_id)


def reader_of(person: NoticePerson, organization_id: UUID, at: datetime) -> Actor:
    """Return the person as a reader with the rights of `at`, acting for the organization; it may be that none are left."""
    return Actor(
        kind="person",
        id=person.id,
        sight=resolve_sight(person.id, organization_id, at),
        name=person.name,
        channel="worker",
    )
