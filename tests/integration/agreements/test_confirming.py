"""A version is inert until every party gave its word to the same text; a refused step changes nothing."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db.models import Model
from tests.integration.agreements.world import (
    T0,
    World,
    actor,
    engagement,
    hours,
    kinds,
    limit_sites,
    organization,
    text,
    token,
    world,
)

from cosource.agreements.models import Agreement, AgreementVersion, Confirmation, PauseReason, Target
from cosource.agreements.queries.terms import terms_in_force
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose, version_table, version_withdraw
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import AudienceStream, Entry, Payload, PendingEntry
from cosource.foundation.sight import system_actor

pytestmark = [pytest.mark.django_db, pytest.mark.req("C8")]

TABLES: tuple[type[Model], ...] = (
    Agreement,
    AgreementVersion,
    Target,
    PauseReason,
    Confirmation,
    Entry,
    Payload,
    PendingEntry,
)


@pytest.fixture
def there() -> World:
    return world()


def rows() -> list[list[tuple]]:
    return [sorted(table.objects.values_list(), key=str) for table in TABLES]  # type: ignore[attr-defined]  # any model


def refused(error, call, **given) -> str:
    before = rows()
    with pytest.raises(error) as caught:
        call(**given)
    assert rows() == before
    return str(caught.value)


def in_force(there: World):
    return terms_in_force(there.with_brightline.id, there.harbour.id, hours(1))


def propose(there: World, **given) -> AgreementVersion:
    return version_propose(
        **{"engagement_id": there.with_brightline.id, "text": text(), "actor": there.owner, "at": T0, **given}
    )


def test_two_words_put_a_version_in_force(there) -> None:
    version = propose(there)
    assert (version.number, version.in_force_at, in_force(there)) == (1, None, None)

    version = version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=hours(1))
    assert (version.confirmed_parties, version.in_force_at, in_force(there)) == (1, None, None)

    version = version_confirm(version_id=version.id, digest=version.digest, actor=there.manager, at=hours(2))
    assert (version.confirmed_parties, version.in_force_at) == (2, hours(2))
    terms = in_force(there)
    assert terms is not None
    assert terms.version_id == version.id
    assert Agreement.objects.get().name == "Harbour with Brightline"
    assert [
        (c.organization.name, c.person_id, c.digest, c.kept_by_one_side)
        for c in Confirmation.objects.order_by("at")
    ] == [
        ("Harbour", there.owner.person_id, version.digest, False),
        ("Brightline", there.manager.person_id, version.digest, False),
    ]


def test_each_step_is_in_the_record_that_both_parties_share(there) -> None:
    version = propose(there)
    for who in (there.manager, there.owner):
        version_confirm(version_id=version.id, digest=version.digest, actor=who, at=hours(1))
    assert kinds() == [
        "agreement.version_proposed/1",
        "agreement.version_confirmed/1",
        "agreement.version_confirmed/1",
        "agreement.version_in_force/1",
    ]
    for entry in Entry.objects.all():
        assert list(
            AudienceStream.objects.filter(audience_id=entry.audience_id).values_list("stream_id", flat=True)
        ) == [there.with_brightline.stream_id]
        assert (entry.subject_kind, entry.subject_id) == ("agreement_version", version.id)
        assert entry.facts["digest"] == version.digest
        assert entry.facts["number"] == 1
        assert entry.facts["starts_at"] == "2025-12-31T23:00:00.000000Z"
    assert {p.body["name"] for p in Payload.objects.all()} == {"Harbour with Brightline"}


def test_the_own_desk_needs_one_word(there) -> None:
    version = version_propose(engagement_id=None, text=text(name="Own desk"), actor=there.owner, at=T0)
    assert terms_in_force(None, there.harbour.id, T0) is None
    version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=T0)
    terms = terms_in_force(None, there.harbour.id, T0)
    assert terms is not None
    assert (terms.version_id, terms.engagement_id, terms.name) == (version.id, None, "Own desk")
    assert terms_in_force(None, there.brightline.id, T0) is None
    [own] = set(AudienceStream.objects.values_list("stream_id", flat=True))
    assert own == there.harbour.own_stream_id


def test_another_digest_is_refused(there) -> None:
    version = propose(there)
    said = refused(
        Conflict, version_confirm, version_id=version.id, digest="0" * 64, actor=there.manager, at=hours(1)
    )
    assert said == "That is not the digest of this text; read it again."


def test_a_newer_text_on_the_table_takes_the_older_one_out_of_reach(there) -> None:
    first = propose(there)
    version_confirm(version_id=first.id, digest=first.digest, actor=there.owner, at=T0)
    second = propose(there, text=text(resolve="6h"), actor=there.manager, at=hours(1))
    assert second.number == 2
    said = refused(
        Conflict, version_confirm, version_id=first.id, digest=first.digest, actor=there.manager, at=hours(2)
    )
    assert said == "Version 2 was tabled after this one; read that."

    version_withdraw(version_id=second.id, actor=there.manager, at=hours(3))
    version_confirm(version_id=first.id, digest=first.digest, actor=there.manager, at=hours(4))
    terms = in_force(there)
    assert terms is not None
    assert terms.version_id == first.id


def test_a_word_is_given_once(there) -> None:
    version = propose(there)
    version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=T0)
    said = refused(
        Conflict,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=there.owner,
        at=hours(1),
    )
    assert said == "This version has that party's word, or was taken back."
    version_confirm(version_id=version.id, digest=version.digest, actor=there.manager, at=hours(1))
    said = refused(
        Conflict,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=there.manager,
        at=hours(2),
    )
    assert said == "This version is in force already."


def test_nobody_gives_the_other_partys_word(there) -> None:
    version = propose(there)
    said = refused(
        NotAllowed,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=there.owner,
        at=T0,
        organization_id=there.brightline.id,
    )
    assert said == "That is for the other party to do."
    refused(
        NotAllowed,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=there.owner,
        at=T0,
        organization_id=uuid4(),
    )


def test_the_keeper_of_a_stand_in_gives_its_word_and_it_is_marked(there) -> None:
    absent = organization("Absent", kept_by=there.harbour)
    covers = engagement(there.harbour, absent, 4)
    version = version_propose(engagement_id=covers.id, text=text(), actor=there.owner, at=T0)
    version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=T0)
    version_confirm(
        version_id=version.id,
        digest=version.digest,
        actor=there.owner,
        at=hours(1),
        organization_id=absent.id,
    )
    assert terms_in_force(covers.id, there.harbour.id, hours(1)) is not None
    kept = Confirmation.objects.get(organization=absent)
    assert (kept.kept_by_one_side, kept.person_id) == (True, there.owner.person_id)
    entry = Entry.objects.filter(kind="agreement.version_confirmed/1").latest("id")
    assert (entry.on_behalf_of_id, entry.facts["kept_by_one_side"]) == (absent.id, True)


@pytest.mark.parametrize("role", ["technician", "auditor", "administrator", "requester"])
@pytest.mark.parametrize("side", ["client", "partner"])
def test_only_who_leads_proposes_and_confirms(there, role, side) -> None:
    version = propose(there)
    who = (
        actor(there.harbour, role)
        if side == "client"
        else actor(there.brightline, role, there.with_brightline)
    )
    error = NotFound if role == "requester" else NotAllowed
    refused(error, version_propose, engagement_id=there.with_brightline.id, text=text(), actor=who, at=T0)
    hidden = role in ("administrator", "requester") or (role, side) == ("technician", "partner")
    for call in (version_table, version_withdraw):
        refused(NotFound if hidden else NotAllowed, call, version_id=version.id, actor=who, at=T0)
    refused(
        NotFound if hidden else NotAllowed,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=who,
        at=T0,
    )


def test_a_limited_grant_gives_no_word_for_the_whole(there) -> None:
    limited = actor(there.brightline, "manager", there.with_brightline, name="lim", site_ids=[str(uuid4())])
    version = propose(there)
    refused(NotAllowed, version_confirm, version_id=version.id, digest=version.digest, actor=limited, at=T0)


def test_programs_and_the_system_give_no_word(there) -> None:
    version = propose(there)
    robot = token(there.brightline, "technician", there.with_brightline)
    refused(NotFound, version_confirm, version_id=version.id, digest=version.digest, actor=robot, at=T0)
    system = system_actor(reason="tidying", organization_id=there.harbour.id)
    refused(NotFound, version_confirm, version_id=version.id, digest=version.digest, actor=system, at=T0)
    refused(NotAllowed, version_propose, engagement_id=None, text=text(), actor=system, at=T0)
    refused(
        NotFound,
        version_propose,
        engagement_id=None,
        text=text(),
        actor=system_actor(reason="tidying"),
        at=T0,
    )


def test_a_word_needs_a_person_behind_it(there) -> None:
    version = propose(there, engagement_id=None)
    nobody = replace(there.owner, sight=replace(there.owner.sight, person_id=None))
    said = refused(
        NotAllowed, version_confirm, version_id=version.id, digest=version.digest, actor=nobody, at=T0
    )
    assert said == "A word is given by a person."


def test_another_partner_and_a_stranger_find_nothing(there) -> None:
    version = propose(there)
    other = actor(there.kestrel, "manager", there.with_kestrel)
    stranger = actor(there.stranger, "service_owner")
    for who in (other, stranger):
        known = refused(
            NotFound, version_confirm, version_id=version.id, digest=version.digest, actor=who, at=T0
        )
        unknown = refused(
            NotFound, version_confirm, version_id=uuid4(), digest=version.digest, actor=who, at=T0
        )
        assert known == unknown
        refused(
            NotFound, version_propose, engagement_id=there.with_brightline.id, text=text(), actor=who, at=T0
        )


def test_a_draft_is_its_own_sides_alone(there) -> None:
    draft = propose(there, tabled=False)
    assert (draft.number, draft.tabled_at) == (None, None)
    assert kinds() == ["agreement.version_drafted/1"]
    [own] = AudienceStream.objects.values_list("stream_id", flat=True)
    assert own == there.harbour.own_stream_id
    refused(NotFound, version_confirm, version_id=draft.id, digest=draft.digest, actor=there.manager, at=T0)
    said = refused(
        Conflict, version_confirm, version_id=draft.id, digest=draft.digest, actor=there.owner, at=T0
    )
    assert said == "This is a draft; table it first."

    theirs = propose(there, actor=there.manager)
    assert theirs.number == 1  # no gap tells of the draft

    tabled = version_table(version_id=draft.id, actor=there.owner, at=hours(1))
    assert (tabled.number, tabled.tabled_at) == (2, hours(1))
    said = refused(Conflict, version_table, version_id=draft.id, actor=there.owner, at=hours(2))
    assert said == "This is no draft any more."
    refused(Conflict, version_table, version_id=draft.id, actor=there.manager, at=hours(2))


def test_a_version_is_taken_back_by_its_own_side_and_not_once_in_force(there) -> None:
    version = propose(there)
    said = refused(NotAllowed, version_withdraw, version_id=version.id, actor=there.manager, at=T0)
    assert said == "Only the party that proposed a version takes it back."
    assert version_withdraw(version_id=version.id, actor=there.owner, at=hours(1)).withdrawn_at == hours(1)
    said = refused(Conflict, version_withdraw, version_id=version.id, actor=there.owner, at=hours(2))
    assert said == "This version is in force or was taken back before."
    said = refused(
        Conflict,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=there.manager,
        at=hours(2),
    )
    assert said == "This version was taken back."

    draft = propose(there, tabled=False)
    version_withdraw(version_id=draft.id, actor=there.owner, at=hours(3))
    withdrawn = Entry.objects.filter(kind="agreement.version_withdrawn/1").latest("id")
    [stream] = AudienceStream.objects.filter(audience_id=withdrawn.audience_id).values_list(
        "stream_id", flat=True
    )
    assert stream == there.harbour.own_stream_id
    refused(Conflict, version_table, version_id=draft.id, actor=there.owner, at=hours(4))

    agreed = propose(there, at=hours(5))
    for who in (there.owner, there.manager):
        version_confirm(version_id=agreed.id, digest=agreed.digest, actor=who, at=hours(6))
    refused(Conflict, version_withdraw, version_id=agreed.id, actor=there.owner, at=hours(7))


def test_a_bad_text_leaves_nothing_and_names_its_faults(there) -> None:
    before = rows()
    with pytest.raises(Invalid) as caught:
        propose(
            there, text=text(resolve="soon").replace("priority: 1, within: 15m", "priority: 9, within: 15m")
        )
    assert rows() == before
    assert caught.value.message == "The text has 2 faults."
    assert caught.value.details["fields"] == {
        "text": [
            "line 8, targets.1.priority: “9” is not a whole number from 1 to 5",
            "line 9, targets.2.within: “soon” is not an amount of time; write it like 30m, 4h, 1h 30m or 2d",
        ]
    }
    assert [problem.line for problem in caught.value.details["problems"]] == [8, 9]


def named(there: World, place: str, **given) -> list[str]:
    more = f"  - {{kind: resolve, priority: 2, within: 1h, calendar: always, {place}}}\n"
    try:
        propose(there, text=text(more=more), **given)
    except Invalid as fault:
        return list(fault.details["fields"]["text"])
    return []


def test_names_are_those_that_the_engagement_covers(there) -> None:
    assert named(there, "site: North, service: Mail") == []
    for who in (there.owner, there.manager):
        assert named(there, "site: Nort, service: Payroll", actor=who) == [
            "line 10, targets.3.site: “Nort” is not known here; allowed: North, South; did you mean North?",
            "line 10, targets.3.service: “Payroll” is not known here; allowed: Mail, Print",
        ]
    limit_sites(there.with_brightline, "South")
    assert named(there, "site: North", actor=there.manager) == [
        "line 10, targets.3.site: “North” is not known here; allowed: South; did you mean South?"
    ]
    assert named(there, "site: South", actor=there.manager) == []


def test_the_own_desk_knows_all_of_its_own(there) -> None:
    assert named(there, "site: North, service: Payroll", engagement_id=None) == []
    assert named(there, "service: Fax", engagement_id=None) == [
        "line 10, targets.3.service: “Fax” is not known here; allowed: Mail, Payroll, Print"
    ]


def test_a_subcontract_names_the_first_clients_sites(there) -> None:
    under = engagement(there.brightline, organization("Sub"), 5, parent=there.with_brightline)
    lead = actor(there.brightline, "service_owner", name="lead")
    assert named(there, "site: North", engagement_id=under.id, actor=lead) == []


def test_an_ended_engagement_takes_no_new_terms(there) -> None:
    version = propose(there)
    there.with_brightline.ends_at = hours(10)
    there.with_brightline.save(update_fields=["ends_at"])
    said = refused(
        Conflict,
        version_propose,
        engagement_id=there.with_brightline.id,
        text=text(),
        actor=there.owner,
        at=hours(10),
    )
    assert said == "This engagement has ended."
    refused(
        Conflict,
        version_confirm,
        version_id=version.id,
        digest=version.digest,
        actor=there.owner,
        at=hours(10),
    )


def test_quick_start_gives_the_own_word_and_waits_for_the_other(there) -> None:
    version = quick_start_agreement(engagement_id=there.with_brightline.id, actor=there.manager, at=T0)
    assert (version.number, version.confirmed_parties, version.in_force_at) == (1, 1, None)
    assert version.name == "Harbour – Brightline"
    version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=hours(1))
    terms = in_force(there)
    assert terms is not None
    assert (len(terms.targets), sorted(terms.calendars), len(terms.pause_reasons)) == (
        12,
        ["always", "office"],
        3,
    )
    told = [(step.number, step.when, step.notify) for _m, step in terms.ladder("resolve", 1, 240)]
    assert told == [
        (4, "75%", "team"),
        (5, "due", "manager"),
        (6, "due+30m", "deputy"),
        (7, "due+60m", "other_party"),
    ]
    said = refused(
        Conflict,
        quick_start_agreement,
        engagement_id=there.with_brightline.id,
        actor=there.owner,
        at=hours(2),
    )
    assert said == "There is an agreement here already; propose a change of it."


def test_quick_start_runs_at_once_where_no_other_word_is_needed(there) -> None:
    desk = quick_start_agreement(engagement_id=None, actor=there.owner, at=T0)
    assert (desk.name, desk.in_force_at) == ("Harbour, own desk", T0)
    assert terms_in_force(None, there.harbour.id, T0) is not None
    kept = engagement(there.harbour, organization("Absent", kept_by=there.harbour), 4)
    assert quick_start_agreement(engagement_id=kept.id, actor=there.owner, at=T0).in_force_at == T0
