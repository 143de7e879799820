"""Finding things by words, newest first, within what the reader may read.

Who reads a text stands beside its words in the index itself, so that a word in another party's text finds nothing, counts
nothing and takes up none of the places of a bounded search. No ranking: ranks would be learned from texts that the reader may
not see. SQLite answers with FTS5, PostgreSQL with a GIN index; both get the same ready words. Not here: indexing
(`services.search`).
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from cosource.foundation.rules.words import words_of
from cosource.foundation.sight import REQUESTER, WORKERS, Actor

FTS = "foundation_searchwords"
# Marks of an audience beside its readers' ids: the requester reads along; it is more than one party's note to itself.
_WITH_REQUESTER, _SHARED = "requester", "shared"
# A single letter or digit begins nearly everything: it is taken for a word.
_BEGINNING = 2
# What nearly every text belongs to; what others belong to stands beside their readers, so that few are found among many.
_MOST = "ticket"


def marks_of(party_ids: Iterable[UUID], with_requester: bool, subject_kind: str = _MOST) -> list[str]:
    """Return what stands for an audience in the index, and for the kind of what a text belongs to."""
    marks = sorted(party.hex for party in party_ids)
    if subject_kind != _MOST:
        marks.append(subject_kind)
    if with_requester or len(marks) > 1:
        marks.append(_SHARED)
    if with_requester:
        marks.append(_WITH_REQUESTER)
    return marks


def _marks_for(actor: Actor) -> list[str]:
    """Return the marks that a text must have for the actor to find it.

    Who only asks for help finds what is written for requesters; who works on nothing finds no notes of a party to itself.
    """
    marks = [actor.reads_as.hex]
    if actor.sight.roles == {REQUESTER}:
        marks.append(_WITH_REQUESTER)
    elif not actor.sight.roles & WORKERS:
        marks.append(_SHARED)
    return marks


def matching_subjects(text: str, *, actor: Actor, limit: int) -> tuple[list[UUID], bool]:
    """Return the ids of tickets that have all the words in one text that the actor reads, newest text first.

    Also whether these are all. `limit`: how many texts are looked at. The last word may be the beginning of one, if it has two
    letters. Whether the ticket itself is in sight is the caller's to check.
    """
    words = words_of(text)
    if not words:
        return [], True
    found = _subjects_of_texts(words, _marks_for(actor), limit + 1, _MOST)
    return list(dict.fromkeys(found[:limit])), len(found) <= limit


def matching_documents(
    text: str, *, subject_kind: str, actor: Actor, limit: int, any_word: bool = False
) -> list[UUID]:
    """Return the ids of what has one text each, such as articles: those with all the words, or with any, newest text first.

    As `matching_subjects`; which of them are in sight is the caller's to check.
    """
    words = words_of(text)
    if not words:
        return []
    marks = [actor.reads_as.hex, subject_kind]
    if actor.sight.roles == {REQUESTER}:
        marks.append(_WITH_REQUESTER)
    return list(dict.fromkeys(_subjects_of_texts(words, marks, limit, subject_kind, any_word=any_word)))


def _subjects_of_texts(
    words: list[str], marks: list[str], limit: int, subject_kind: str, *, any_word: bool = False
) -> list[UUID]:
    """Return of each text with the words and marks what it belongs to, newest text first."""
    is_beginning = len(words[-1]) >= _BEGINNING and not any_word
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            asked = (" | " if any_word else " & ").join(f"'{w}'" for w in words)
            asked = " & ".join([*(f"':{m}'" for m in marks), f"({asked}{':*' if is_beginning else ''})"])
            cursor.execute(
                "SELECT subject_id FROM foundation_searchtext WHERE words @@ %s::tsquery AND subject_kind = %s"
                " ORDER BY id DESC LIMIT %s",
                [asked, subject_kind, limit],
            )
            return [row[0] for row in cursor.fetchall()]
        asked = (" OR " if any_word else " AND ").join(f'"{w}"' for w in words)
        asked += " *" if is_beginning else ""
        readers = " AND ".join(f'"{m}"' for m in marks)
        cursor.execute(
            f"SELECT t.subject_id FROM {FTS} f JOIN foundation_searchtext t ON t.id = f.rowid"  # noqa: S608 - the table's name is ours
            f" WHERE {FTS} MATCH %s AND t.subject_kind = %s ORDER BY f.rowid DESC LIMIT %s",
            [f"readers : ({readers}) AND words : ({asked})", subject_kind, limit],
        )
        return [UUID(hex=row[0]) for row in cursor.fetchall()]
