"""A prepared query gives what its queryset gives, for whatever values, and asks once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import Q

from cosource.foundation.ids import NIL
from cosource.foundation.models import Audience, AudienceReader, DueWork, Stream
from cosource.foundation.prepared import BySight, Prepared
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.sight import Actor, Sight

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def streams(count: int) -> list[Stream]:
    return [
        Stream.objects.create(
            first_organization_id=uuid4(),
            second_organization_id=uuid4() if n % 2 else None,
            created_at=AT + timedelta(hours=n),
        )
        for n in range(count)
    ]


def test_instances_are_those_of_the_queryset():
    made = streams(4)
    since = Prepared[Stream](
        lambda at: Stream.objects.filter(created_at__gte=at).order_by("created_at"), at=datetime
    )

    for n in (0, 2, 4):
        found = since(at=AT + timedelta(hours=n))
        assert found == made[n:]
        assert [(s.first_organization_id, s.second_organization_id, s.created_at) for s in found] == [
            (s.first_organization_id, s.second_organization_id, s.created_at) for s in made[n:]
        ]


def test_related_rows_come_along(django_assert_num_queries):
    stream = streams(1)[0]
    audience_id = audience_intern([stream.id], with_requester=True)
    readers = Prepared[AudienceReader](
        lambda audience_id: AudienceReader.objects.filter(audience_id=audience_id).select_related("audience"),
        audience_id=UUID,
    )
    readers(audience_id=uuid4())

    with django_assert_num_queries(1):
        (reader,) = readers(audience_id=audience_id)
        assert reader.organization_id == stream.first_organization_id
        assert reader.audience == Audience(id=audience_id)
        assert reader.audience.with_requester


def test_a_value_may_stand_in_several_places_and_beside_constants():
    mine = uuid4()
    for n in range(3):
        DueWork.objects.create(kind=f"k{n % 2}", args={"n": n}, due_at=AT, created_at=AT, fair_key=mine)
    same = Prepared[tuple[str, dict[str, int]]](
        lambda key, at: (
            DueWork.objects.filter(fair_key=key, due_at__lte=at, created_at__lte=at, kind="k0")
            .exclude(id=key)
            .order_by("id")
            .values_list("kind", "args")
        ),
        key=UUID,
        at=datetime,
    )

    assert same(key=mine, at=AT) == [("k0", {"n": 0}), ("k0", {"n": 2})]
    assert same(key=mine, at=AT - timedelta(microseconds=1)) == []
    assert same(key=uuid4(), at=AT) == []


def test_the_first_row_or_none():
    made = streams(2)
    newest = Prepared[UUID](
        lambda before: (
            Stream.objects.filter(created_at__lt=before)
            .order_by("-created_at")
            .values_list("id", flat=True)[:1]
        ),
        before=datetime,
    )

    assert newest.first(before=AT) is None
    assert newest.first(before=AT + timedelta(hours=9)) == made[1].id


def test_two_instants_that_are_the_same_are_the_same_value():
    made = streams(1)
    at = Prepared[Stream](lambda at: Stream.objects.filter(created_at=at), at=datetime)

    assert at(at=AT.astimezone(tz=None)) == made


def test_a_value_that_the_query_does_not_ask_for_is_a_mistake():
    careless = Prepared[Stream](lambda key, **_: Stream.objects.filter(id=key), key=UUID, at=datetime)

    with pytest.raises(TypeError, match="does not ask for at"):
        careless(key=uuid4(), at=AT)


def test_a_value_that_is_missing_is_a_mistake():
    own = Prepared[Stream](lambda key: Stream.objects.filter(id=key), key=UUID)

    with pytest.raises(KeyError):
        own()


def test_each_sight_has_its_own_statement_and_every_answer_is_new():
    made = streams(3)
    asked = []

    def build(actor):
        asked.append(actor.organization_id)
        return Stream.objects.filter(first_organization_id=actor.organization_id or NIL)

    own = BySight[Stream](build)

    def actor(organization_id, at=AT):
        sight = Sight(organization_id=organization_id, resolved_at=at)
        return Actor(kind="person", id=uuid4(), sight=sight)

    first, second = made[0].first_organization_id, made[1].first_organization_id
    assert own(actor(first)) == [made[0]]
    assert own(actor(second)) == [made[1]]
    assert own(actor(first, AT + timedelta(hours=1))) == [made[0]]
    assert asked == [first, second]
    more = Stream.objects.create(
        first_organization_id=first, second_organization_id=uuid4(), created_at=AT + timedelta(days=1)
    )
    assert set(own(actor(first))) == {made[0], more}


def test_what_else_is_asked_has_a_statement_of_its_own():
    made = streams(4)
    in_order = BySight[Stream](
        lambda _actor, backwards: Stream.objects.order_by("-created_at" if backwards else "created_at")
    )
    actor = Actor(kind="person", id=uuid4(), sight=Sight(organization_id=NIL, resolved_at=AT))

    assert in_order(actor, False) == made
    assert in_order(actor, True) == made[::-1]
    assert in_order(actor, False) == made


def test_within_a_sight_named_values_differ_from_one_request_to_the_next():
    made = streams(3)
    built = []

    def build(actor, key):
        built.append(key)
        return Stream.objects.filter(id=key, created_at__lte=actor.sight.resolved_at)

    one = BySight[Stream](build, key=UUID)
    actor = Actor(kind="person", id=uuid4(), sight=Sight(organization_id=NIL, resolved_at=AT))
    later = replace(actor, sight=replace(actor.sight, resolved_at=AT + timedelta(hours=1)))
    assert one(actor, key=made[0].id) == made[:1]
    assert one(actor, key=made[1].id) == []
    assert one(later, key=made[1].id) == [made[1]]
    assert len(built) == 1


def test_values_are_those_of_the_queryset_whatever_their_kind():
    for n in range(3):
        done = AT + timedelta(microseconds=n) if n else None
        key = uuid4() if n else None
        DueWork.objects.create(
            kind="k", args={"n": [n, None]}, due_at=AT, created_at=AT, lease_until=done, owner_person_id=key
        )
    columns = ("id", "args", "due_at", "lease_until", "owner_person_id", "kind", "attempts")
    plain = DueWork.objects.order_by("id").annotate(late=Q(lease_until__gt=AT)).values_list(*columns, "late")
    ready = Prepared[tuple[object, ...]](
        lambda at: (
            DueWork.objects.order_by("id").annotate(late=Q(lease_until__gt=at)).values_list(*columns, "late")
        ),
        at=datetime,
    )
    assert ready(at=AT) == list(plain)
    assert [type(v) for row in ready(at=AT) for v in row] == [type(v) for row in plain for v in row]


def test_where_no_row_can_match_nothing_is_asked(django_assert_num_queries):
    streams(1)
    nothing = Prepared[Stream](lambda at: Stream.objects.filter(created_at=at, id__in=[]), at=datetime)
    with django_assert_num_queries(0):
        assert nothing(at=AT) == []
        assert nothing(at=AT) == []


def test_the_instant_of_a_sight_is_a_value_like_any_other():
    made = streams(3)

    def actor(hours):
        return Actor(
            kind="person",
            id=uuid4(),
            sight=Sight(
                organization_id=NIL, resolved_at=None if hours is None else AT + timedelta(hours=hours)
            ),
        )

    def build(actor):
        at = actor.sight.resolved_at
        rows = Stream.objects.order_by("created_at")
        return rows if at is None else rows.filter(created_at__lte=at)

    known = BySight[Stream](build)
    assert known(actor(0)) == made[:1]
    assert known(actor(1)) == made[:2]
    assert known(actor(None)) == made
    late = BySight[Stream](
        lambda actor: Stream.objects.filter(created_at=actor.sight.resolved_at - timedelta(hours=1))
    )
    with pytest.raises(TypeError, match="computes"):
        late(actor(0))
