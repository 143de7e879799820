"""Whatever an entry says, the text that is put together from its parts is the one that an encoder would write."""

import hashlib
import json
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosource.foundation.rules.canonical import canonical, check_plain, digest, entry_digest, instant_text

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
ids = st.uuids()
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
instants = st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Europe/Berlin")])).filter(
    lambda at: 1 < at.year < 9999
)


def spelled_out(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


@pytest.mark.req("X1")
@given(
    entry_id=ids,
    kind=words,
    occurred_at=instants,
    recorded_at=instants,
    source_seq=st.integers(min_value=0),
    actor=st.tuples(words, st.none() | ids, st.none() | ids, st.none() | ids, words),
    subject=st.tuples(words, ids),
    facts=st.dictionaries(words, plain, max_size=6),
    payload=st.sampled_from(["", "ab" * 32]),
)
def test_an_entry_is_digested_as_the_list_that_its_description_names(
    entry_id: UUID, kind, occurred_at, recorded_at, source_seq, actor, subject, facts, payload
):
    written = json.dumps(
        [
            1,
            entry_id.hex,
            kind,
            spelled_out(occurred_at),
            spelled_out(recorded_at),
            source_seq,
            actor[0],
            *(i.hex if i else None for i in actor[1:4]),
            actor[4],
            subject[0],
            subject[1].hex,
            "cd" * 32,
            facts,
            payload,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
    expected = hashlib.sha256(len(written).to_bytes(8, "big") + written).hexdigest()

    assert (
        entry_digest(
            entry_id=entry_id,
            kind=kind,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            source_seq=source_seq,
            actor=actor,
            subject=subject,
            audience_digest="cd" * 32,
            facts=facts,
            payload=payload,
        )
        == expected
    )


@given(plain)
def test_a_plain_value_is_read_back_as_it_was(value):
    check_plain(value)

    assert json.loads(canonical(value)) == value


@given(instants)
def test_an_instant_has_one_text_in_every_zone(at):
    assert instant_text(at) == instant_text(at.astimezone(ZoneInfo("Asia/Kathmandu"))) == spelled_out(at)


@pytest.mark.parametrize("bad", [1.5, "a\x00b", b"raw", {1: "a"}, float("nan"), object()])
@given(place=st.sampled_from(["bare", "in a mapping", "in a list", "deep"]))
def test_what_has_no_exact_form_is_refused_wherever_it_stands(bad, place):
    value = {"bare": bad, "in a mapping": {"a": bad}, "in a list": [1, bad], "deep": {"a": [{"b": bad}]}}[
        place
    ]

    with pytest.raises((TypeError, ValueError), match="facts"):
        check_plain(value)


def test_parts_of_a_digest_cannot_run_into_each_other():
    assert digest(b"ab", b"c") != digest(b"a", b"bc")
