"""Whoever holds the database can change it, but not unnoticed: every change of the ledger is found with the heads kept before.

Each case takes the record of five parties, drops the guards as an owner of the tables can, changes one thing by plain SQL, and
lets both parties of the changed record check it.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from tests.proof import count
from tests.worlds import World

from cosource.foundation.ids import new_id
from cosource.foundation.models import Entry, Seal
from cosource.foundation.queries.verification import heads_of, streams_of, verify
from cosource.foundation.services.erasure import payload_erase
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import Organization

CASES = count("CHANGES", sample=42, full=1_000)
TEXT = (
    ("foundation_entry", "kind"),
    ("foundation_entry", "digest"),
    ("foundation_entry", "channel"),
    ("foundation_entry", "actor_kind"),
    ("foundation_entry", "subject_kind"),
    ("foundation_entry", "payload_digest"),
    ("foundation_payload", "salt"),
    ("foundation_seal", "hash"),
    ("foundation_erasure", "reason"),
    ("foundation_audience", "digest"),
)
IDS = (
    ("foundation_entry", "actor_id"),
    ("foundation_entry", "organization_id"),
    ("foundation_entry", "on_behalf_of_id"),
    ("foundation_entry", "subject_id"),
    ("foundation_erasure", "approved_by_id"),
    ("foundation_audiencereader", "organization_id"),
)
TIMES = (
    ("foundation_entry", "occurred_at"),
    ("foundation_entry", "recorded_at"),
    ("foundation_erasure", "at"),
)


def run(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def native(value: Any) -> Any:
    return value.hex if connection.vendor == "sqlite" else value


def drop_guards() -> None:
    """What an owner of the tables can do: no trigger stands in the way, no key holds."""
    if connection.vendor == "sqlite":
        for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            run(f'DROP TRIGGER "{name}"')
        run("PRAGMA defer_foreign_keys = ON")
    else:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in {t for t, _ in (*TEXT, *IDS, *TIMES)} | {
            "foundation_audiencestream",
            "foundation_stream",
        }:
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table, name in ask(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE %s",
            "foundation_%",
        ):
            run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def some_row(table: str, dice: random.Random) -> str:
    """The condition for one row of a table, found without a key's name."""
    place = "rowid" if connection.vendor == "sqlite" else "ctid"
    cast = "" if connection.vendor == "sqlite" else "::tid"
    rows = sorted(str(p) for (p,) in ask(f"SELECT {place} FROM {table}"))
    return f"{place} = '{dice.choice(rows)}'{cast}"


def flip_text(dice: random.Random) -> str:
    table, column = dice.choice(TEXT)
    place = some_row(table, dice)
    [(old,)] = ask(f"SELECT {column} FROM {table} WHERE {place}")
    at = dice.randrange(len(old)) if old else 0
    new = old[:at] + ("0" if old[at : at + 1] != "0" else "1") + old[at + 1 :]
    assert run(f"UPDATE {table} SET {column} = %s WHERE {place}", new) == 1
    return f"{table}.{column}"


def flip_id(dice: random.Random) -> str:
    table, column = dice.choice(IDS)
    assert run(f"UPDATE {table} SET {column} = %s WHERE {some_row(table, dice)}", native(new_id())) == 1
    return f"{table}.{column}"


def flip_time(dice: random.Random) -> str:
    table, column = dice.choice(TIMES)
    place = some_row(table, dice)
    if connection.vendor == "sqlite":
        changed = run(
            f"UPDATE {table} SET {column} = strftime('%%Y-%%m-%%d %%H:%%M:%%f', {column}, '-1 minute') WHERE {place}"
        )
    else:
        changed = run(f"UPDATE {table} SET {column} = {column} - interval '1 microsecond' WHERE {place}")
    assert changed == 1
    return f"{table}.{column}"


def flip_number(dice: random.Random) -> str:
    assert (
        run(
            f"UPDATE foundation_entry SET source_seq = source_seq + 1 WHERE {some_row('foundation_entry', dice)}"
        )
        == 1
    )
    return "source_seq"


def flip_json(dice: random.Random) -> str:
    table, column = dice.choice((("foundation_entry", "facts"), ("foundation_payload", "body")))
    assert run(f"UPDATE {table} SET {column} = %s WHERE {some_row(table, dice)}", '{"name": "Mallory"}') == 1
    return f"{table}.{column}"


def flip_requester(dice: random.Random) -> str:
    assert run(
        f"UPDATE foundation_audience SET with_requester = NOT with_requester WHERE {some_row('foundation_audience', dice)}"
    )
    return "with_requester"


def delete(dice: random.Random) -> str:
    table = dice.choice(
        (
            "foundation_seal",
            "foundation_payload",
            "foundation_audiencestream",
            "foundation_audiencereader",
            "foundation_erasure",
        )
    )
    if table == "foundation_payload":
        # One that was taken back by right is gone already; this one was not.
        assert (
            run(
                "DELETE FROM foundation_payload WHERE entry_id = (SELECT min(entry_id::text)::uuid FROM foundation_payload)"
                if connection.vendor == "postgresql"
                else "DELETE FROM foundation_payload WHERE entry_id = (SELECT min(entry_id) FROM foundation_payload)"
            )
            == 1
        )
    else:
        assert run(f"DELETE FROM {table} WHERE {some_row(table, dice)}") == 1
    return table


def delete_entry(dice: random.Random) -> str:
    """An entry with everything that hangs on it, its later positions moved down so that no gap is left."""
    entry = dice.choice(list(Seal.objects.order_by("entry_id").values_list("entry_id", flat=True).distinct()))
    places = list(Seal.objects.filter(entry_id=entry).values_list("stream_id", "position"))
    for table in ("foundation_erasure", "foundation_payload", "foundation_seal"):
        run(f"DELETE FROM {table} WHERE entry_id = %s", native(entry))
    run("DELETE FROM foundation_entry WHERE id = %s", native(entry))
    for stream, position in places:
        later = Seal.objects.filter(stream_id=stream, position__gt=position).order_by("position")
        for moved in list(later.values_list("position", flat=True)):
            run(
                "UPDATE foundation_seal SET position = %s WHERE stream_id = %s AND position = %s",
                moved - 1,
                native(stream),
                moved,
            )
    return "entry"


def reorder(dice: random.Random) -> str:
    stream, position = dice.choice(
        [
            (s, p)
            for s, p in Seal.objects.values_list("stream_id", "position").order_by("stream_id", "position")
            if p > 1
        ]
    )
    for old, new in ((position, 0), (position - 1, position), (0, position - 1)):
        run(
            "UPDATE foundation_seal SET position = %s WHERE stream_id = %s AND position = %s",
            new,
            native(stream),
            old,
        )
    return "positions"


def insert(dice: random.Random) -> str:
    """A copy of an entry under another id, unsealed and not waiting to be."""
    entry = Entry.objects.order_by("id")[dice.randrange(Entry.objects.count())]
    entry.pk, entry.key = new_id(), None
    entry.save(force_insert=True)
    return "entry"


def insert_sealed(dice: random.Random) -> str:
    """A copy of an entry, put at the end of a stream under a made-up hash."""
    insert(dice)
    copy = Entry.objects.order_by("-id")[0]
    for stream in copy.audience.streams.values_list("stream_id", flat=True):
        last = (
            Seal.objects.filter(stream_id=stream).order_by("-position").values_list("position", flat=True)[0]
        )
        Seal.objects.create(stream_id=stream, position=last + 1, entry=copy, hash="0" * 64)
    return "seal"


def cut_tail(dice: random.Random) -> str:
    """The last entries of a stream with all that hangs on them, so that what is left is a whole chain."""
    stream = dice.choice(sorted({s for (s,) in Seal.objects.values_list("stream_id")}))
    keep = dice.randrange(Seal.objects.filter(stream_id=stream).count())
    gone = list(Seal.objects.filter(stream_id=stream, position__gt=keep).values_list("entry_id", flat=True))
    for entry in gone:
        for table in ("foundation_erasure", "foundation_payload", "foundation_seal"):
            run(f"DELETE FROM {table} WHERE entry_id = %s", native(entry))
        run("DELETE FROM foundation_entry WHERE id = %s", native(entry))
    return "tail"


def clone_chain(dice: random.Random) -> str:
    """A stream's seals once more, under a new stream of the same organizations."""
    # A stand-in's own stream has no reader yet who could check it.
    read = Seal.objects.exclude(
        stream__first_organization_id__in=Organization.objects.filter(stand_in=True).values("id")
    )
    stream = dice.choice(sorted({s for (s,) in read.values_list("stream_id")}))
    twin = new_id()
    run(
        "INSERT INTO foundation_stream (id, first_organization_id, second_organization_id, created_at) "
        "SELECT %s, first_organization_id, second_organization_id, created_at FROM foundation_stream WHERE id = %s",
        native(twin),
        native(stream),
    )
    run(
        "INSERT INTO foundation_seal (stream_id, position, entry_id, hash) "
        "SELECT %s, position, entry_id, hash FROM foundation_seal WHERE stream_id = %s",
        native(twin),
        native(stream),
    )
    return "stream"


def hide_stream(dice: random.Random) -> str:
    place = some_row("foundation_stream", dice)
    run(f"UPDATE foundation_stream SET first_organization_id = %s WHERE {place}", native(new_id()))
    return "stream"


CHANGES: tuple[Callable[[random.Random], str], ...] = (
    flip_text,
    flip_id,
    flip_time,
    flip_number,
    flip_json,
    flip_requester,
    delete,
    delete_entry,
    reorder,
    insert,
    insert_sealed,
    cut_tail,
    clone_chain,
    hide_stream,
)


def check_all(world: World, heads: dict[str, Any]) -> list[str]:
    return [
        f"{key} {f.position}: {f.what}"
        for key, organization in world.organizations.items()
        for f in verify(organization.id, heads.get(key)).findings
    ]


@pytest.mark.req("X1")
def test_every_change_is_found_with_the_heads_kept_before(world):
    missed = []
    stream = world.organization("c1").own_stream_id
    joined = Entry.objects.filter(kind="person.joined/1", seals__stream_id=stream).order_by("id")
    seal_all()
    payload_erase(entry_id=joined[0].id, reason="Asked for", actor=world.actor("c1.cso"), at=world.at)
    seal_all()
    heads = {key: heads_of(organization.id, world.at) for key, organization in world.organizations.items()}
    assert sum(len(streams_of(o.id)) for o in world.organizations.values()) > 12
    assert check_all(world, heads) == []
    for case in range(CASES):
        change = CHANGES[case % len(CHANGES)]
        dice = random.Random(case)
        with transaction.atomic():
            drop_guards()
            what = change(dice)
            if not any(verify(o.id, heads[key]).findings for key, o in world.organizations.items()):
                missed.append(f"{case} {change.__name__} {what}")
            transaction.set_rollback(True)
    assert missed == []
    assert check_all(world, heads) == [], "every change was taken back"


@pytest.mark.req("X1")
def test_a_tail_is_missed_only_by_who_kept_no_heads(world):
    """Says what heads are for: without them a record that was cut is a whole, shorter record."""
    seal_all()
    heads = {key: heads_of(organization.id, world.at) for key, organization in world.organizations.items()}
    with transaction.atomic():
        drop_guards()
        cut_tail(random.Random(1))
        assert check_all(world, heads)
        assert not [w for w in check_all(world, {}) if "kept head" in w]
        transaction.set_rollback(True)
