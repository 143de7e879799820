"""Who reads what of an agreement, and what waits for whom."""

from uuid import uuid4

import pytest
from tests.integration.agreements.world import (
    T0,
    World,
    actor,
    engagement,
    hours,
    organization,
    text,
    token,
    world,
)

from cosource.agreements.models import Agreement, AgreementVersion
from cosource.agreements.queries.agreements import agreement_get, agreement_list, version_home, version_text
from cosource.agreements.queries.waiting import has_room, leads_own_desk, open_seats, words_awaited
from cosource.agreements.rules.rights import Level
from cosource.agreements.rules.standing import Standing
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor, system_actor
from cosource.parties.models import Engagement

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    return world()


def propose(there: World, source: str = "", **given) -> AgreementVersion:
    return version_propose(
        **{
            "engagement_id": there.with_brightline.id,
            "text": source or text(),
            "actor": there.owner,
            "at": T0,
            **given,
        }
    )


def agree(there: World, source: str = "", at=T0) -> AgreementVersion:
    version = propose(there, source, at=at)
    for who in (there.owner, there.manager):
        version = version_confirm(version_id=version.id, digest=version.digest, actor=who, at=at)
    return version


def seen(who: Actor) -> set[str]:
    """What an actor reads of versions: "name number", with the text's first word where the text is read."""
    found = set()
    for version in AgreementVersion.objects.visible_to(who):
        try:
            version_text(version.id, who)
            depth = "text"
        except NotFound:
            depth = "targets"
        found.add(f"{version.number or 'draft'}:{depth}")
    return found


@pytest.mark.req("X1")
def test_each_reader_gets_its_own_part(there) -> None:
    agree(there)
    propose(there, text(resolve="6h"), at=hours(1))
    propose(there, text(resolve="7h"), at=hours(2), tabled=False)
    harbour, brightline, kestrel = there.harbour, there.brightline, there.kestrel
    first, second = there.with_brightline, there.with_kestrel
    expected = [
        (there.owner, {"1:text", "2:text", "draft:text"}),
        (there.manager, {"1:text", "2:text"}),
        (actor(harbour, "technician"), {"1:text", "2:text"}),
        (actor(harbour, "auditor"), {"1:text", "2:text"}),
        (actor(harbour, "requester"), set()),
        (actor(harbour, "administrator"), set()),
        (actor(harbour, "auditor", first), {"1:text", "2:text"}),
        (actor(harbour, "auditor", second), set()),
        (actor(brightline, "technician", first), {"1:targets"}),
        (actor(brightline, "auditor", first), {"1:text", "2:text"}),
        (actor(brightline, "manager", name="chief"), {"1:text", "2:text"}),
        (actor(brightline, "technician", name="other"), set()),
        (actor(kestrel, "manager", second), set()),
        (actor(kestrel, "manager", name="chief"), set()),
        (actor(there.stranger, "service_owner"), set()),
        (token(brightline, "technician", first), {"1:targets"}),
        (token(kestrel, "technician", second), set()),
        (token(harbour, "technician", None), set()),  # a token's grant on the own desk names no engagement
        (token(harbour, "technician", first), {"1:targets"}),
        (system_actor(reason="tidying", organization_id=harbour.id), set()),
        (system_actor(reason="tidying"), set()),
    ]
    for who, what in expected:
        assert seen(who) == what, (who.organization_id, who.sight.grants)
        assert Agreement.objects.visible_to(who).exists() is bool(what)


@pytest.mark.req("X1")
def test_out_of_sight_is_as_if_it_never_was(there) -> None:
    version = agree(there)
    other = actor(there.kestrel, "manager", there.with_kestrel)
    for call in (
        lambda key: agreement_get(key, other, at=T0),
        lambda key: version_text(key, other),
        lambda key: version_home(key, other),
    ):
        messages = set()
        for key in (version.id, version.agreement_id, uuid4()):
            with pytest.raises(NotFound) as refused:
                call(key)
            messages.add(refused.value.message)
        assert len(messages) == 1
    assert agreement_list(other, at=T0).items == []


def test_an_agreement_of_drafts_is_its_writers_alone(there) -> None:
    draft = propose(there, tabled=False)
    assert agreement_get(draft.agreement_id, there.owner, at=T0).version(None).standing is Standing.DRAFT
    for who in (there.manager, actor(there.harbour, "technician")):
        with pytest.raises(NotFound):
            agreement_get(draft.agreement_id, who, at=T0)
    assert [s.engagement_id for s in open_seats(there.manager, at=T0)] == [there.with_brightline.id]


def test_a_page_shows_words_and_what_may_be_done(there) -> None:
    version = propose(there)
    version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=hours(1))
    view = agreement_get(version.agreement_id, there.manager, at=hours(2))
    shown = view.version(None)
    assert (view.level, view.offered, view.current) == (Level.LEAD, shown, None)
    assert [(w.organization_name, w.person_name, w.at, w.may_give) for w in shown.words] == [
        ("Harbour", "Olga", hours(1), False),
        ("Brightline", "", None, True),
    ]
    assert (shown.waits_for_reader, shown.may_withdraw, shown.may_table) == (True, False, False)
    own = agreement_get(version.agreement_id, there.owner, at=hours(2)).version(version.id)
    assert (own.waits_for_reader, own.may_withdraw) == (False, True)
    reader = agreement_get(version.agreement_id, actor(there.harbour, "auditor"), at=hours(2)).version(None)
    assert [w.may_give for w in reader.words] == [False, False]
    assert view.badges[there.brightline.id].slot == 2
    with pytest.raises(NotFound):
        view.version(uuid4())


def test_a_reader_of_targets_gets_no_words(there) -> None:
    version = agree(there)
    view = agreement_get(
        version.agreement_id, actor(there.brightline, "technician", there.with_brightline), at=hours(1)
    )
    assert (view.level, view.version(None).words, view.current) == (
        Level.TARGETS,
        (),
        view.version(version.id),
    )


def test_a_keepers_page_offers_the_stand_ins_word(there) -> None:
    absent = organization("Absent", kept_by=there.harbour)
    covers = engagement(there.harbour, absent, 4)
    version = propose(there, engagement_id=covers.id)
    shown = agreement_get(version.agreement_id, there.owner, at=T0).version(None)
    assert [(w.organization_name, w.may_give, w.is_stand_in) for w in shown.words] == [
        ("Harbour", True, False),
        ("Absent", True, True),
    ]
    assert shown.waits_for_reader


def test_what_waits_for_a_word_is_counted(there) -> None:
    assert (words_awaited(there.owner), words_awaited(there.manager)) == (0, 0)
    first = propose(there)
    propose(there, engagement_id=there.with_kestrel.id)
    assert (words_awaited(there.owner), words_awaited(there.manager)) == (2, 1)
    version_confirm(version_id=first.id, digest=first.digest, actor=there.owner, at=T0)
    propose(there, tabled=False)
    assert (words_awaited(there.owner), words_awaited(there.manager)) == (1, 1)
    propose(there, text(resolve="9h"), actor=there.manager)
    assert (words_awaited(there.owner), words_awaited(there.manager)) == (2, 1)
    assert words_awaited(actor(there.harbour, "technician")) == 0
    assert words_awaited(system_actor(reason="tidying")) == 0


def test_where_one_may_begin(there) -> None:
    assert [(s.engagement_id, s.name) for s in open_seats(there.owner, at=T0)] == [
        (None, "Harbour"),
        (there.with_brightline.id, "Harbour with Brightline"),
        (there.with_kestrel.id, "Harbour with Kestrel"),
    ]
    quick_start_agreement(engagement_id=None, actor=there.owner, at=T0)
    quick_start_agreement(engagement_id=there.with_brightline.id, actor=there.owner, at=T0)
    Engagement.objects.filter(pk=there.with_kestrel.pk).update(ends_at=T0)
    assert open_seats(there.owner, at=T0) == []
    assert open_seats(actor(there.harbour, "technician"), at=T0) == []
    assert open_seats(system_actor(reason="tidying"), at=T0) == []


def test_the_room_is_in_the_menu_of_those_who_find_something_there(there) -> None:
    technician = actor(there.harbour, "technician")
    assert (has_room(there.owner), has_room(there.manager), has_room(technician)) == (True, True, False)
    lone = actor(there.stranger, "service_owner")
    assert (has_room(lone), leads_own_desk(lone), leads_own_desk(technician)) == (False, True, False)
    agree(there)
    assert has_room(technician)


def test_a_list_is_paged_and_costs_the_same_for_many(there, django_assert_num_queries) -> None:
    for slot in range(4, 14):
        partner = organization(f"P{slot:02}", kept_by=there.harbour)
        version_propose(
            engagement_id=engagement(there.harbour, partner, slot).id,
            text=text(name=f"With {slot:02}"),
            actor=there.owner,
            at=T0,
        )
    page = agreement_list(there.owner, at=T0, limit=4)
    assert [a.name for a in page.items] == [
        "Harbour with P04",
        "Harbour with P05",
        "Harbour with P06",
        "Harbour with P07",
    ]
    rest = agreement_list(there.owner, at=T0, limit=10, cursor=page.next_cursor)
    assert (rest.items[0].name, len(rest.items), rest.next_cursor) == ("Harbour with P08", 6, "")
    for limit in (2, 10):
        with django_assert_num_queries(3):
            agreement_list(there.owner, at=T0, limit=limit)


def test_an_engagement_long_gone_is_still_read_by_the_client(there) -> None:
    version = agree(there)
    Engagement.objects.filter(pk=there.with_brightline.pk).update(ends_at=hours(1))
    assert agreement_get(version.agreement_id, there.owner, at=hours(2)).level is Level.LEAD
