"""Engagements: begun by either side, grown, kept for an absent party, claimed, and ended."""

from datetime import date, timedelta

import pytest
from tests.integration.parties.record import NEVER, payload, readers, refused, written
from tests.worlds import PASSWORD, START, secret_of

from cosource.foundation.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    StaleVersion,
)
from cosource.parties.models import Engagement, Grant, Organization, TransferMilestone
from cosource.parties.queries.badges import own_badge, party_badges, party_badges_everywhere
from cosource.parties.queries.engagements import (
    covered_at,
    covered_services,
    directory,
    engagement_get,
    engagement_list,
    timeline,
)
from cosource.parties.queries.organizations import organization_list
from cosource.parties.services.claims import stand_in_claim, stand_in_invite
from cosource.parties.services.engagements import (
    engagement_create,
    engagement_end,
    engagement_rights_set,
    engagement_update,
)
from cosource.parties.services.milestones import milestone_add, milestone_answer, milestone_report
from cosource.parties.services.places import service_add, site_add
from cosource.parties.services.scope import (
    engagement_service_add,
    engagement_service_end,
    engagement_site_add,
    engagement_site_end,
)
from cosource.parties.services.stages import stage_change_answer, stage_change_propose
from cosource.parties.services.teams import team_add

HOUR = timedelta(hours=1)
LATER = START + HOUR
BOTH = {"Alder Hospitals", "Cedar Desk"}


def begun(world, by="c1.cso", side="client", **changes):
    given = {
        "name": "Telephony",
        "other_name": "Fern Voice",
        "own_side": side,
        "other_email": "sales@fern.example",
        "actor": world.actor(by),
        "at": LATER,
    }
    return engagement_create(**(given | changes))


def invited(world, engagement, key):
    """The secret of an invitation that the client gives somebody for an absent partner's seat."""
    person = world.people[key]
    issued = stand_in_invite(
        engagement_id=engagement.id,
        email=person.email,
        name=person.name,
        by_mail=False,
        actor=world.actor("c1.cso"),
        at=LATER,
    )
    return secret_of(issued.link)


def claimed(world, secret, key):
    """Take a seat for the organization that somebody works for."""
    own = world.organizations[key.partition(".")[0]]
    return stand_in_claim(secret=secret, person=world.people[key], for_organization_id=own.id, at=LATER)


class TestBeginning:
    def test_a_client_starts_alone_with_a_stand_in(self, world):
        with written() as entries:
            engagement = begun(world)
        partner = engagement.partner
        assert (partner.stand_in, partner.kept_by_id) == (True, world.organizations["c1"].id)
        assert (engagement.slot, engagement.initials, engagement.prefix) == (4, "FV", "FER")
        assert entries.kinds[:2] == ["organization.created/1", "engagement.created/1"]
        assert set(entries.kinds[2:]) == {"team.offered/1"}
        entry = entries.one("engagement.created/1")
        assert entry.facts == {
            "engagement": engagement.id.hex,
            "client": world.organizations["c1"].id.hex,
            "partner": partner.id.hex,
            "parent": None,
            "stage": "out_tasking",
            "provider_kind": "external",
            "starts_at": "2026-03-02T09:00:00.000000Z",
        }
        assert payload(entry) == {"name": "Telephony"}
        assert readers(entry) == {"Alder Hospitals", "Fern Voice"}

    def test_a_partner_starts_alone_and_leads_its_side(self, world):
        engagement = begun(world, by="p2.pm", side="partner", other_name="Gorse Schools")
        assert engagement.client.name == "Gorse Schools"
        assert engagement.slot == 2
        actor = world.actor("p2.pm", at=LATER)
        assert actor.sight.roles_on(engagement.id) == {"manager"}

    def test_letters_differ_among_the_parties_of_a_client(self, world):
        engagement = begun(world, other_name="Delta Nine")
        assert engagement.partner.initials == "DN"
        assert engagement.initials == "DE"  # Dogwood Networks is DN here

    @pytest.mark.req("D21")
    def test_the_partner_of_an_engagement_subcontracts_under_it(self, world):
        sub = world.engagement("sub")
        assert sub.parent_id == world.engagements["c1p1"].id
        with refused(NotAllowed):
            begun(world, parent_id=world.engagements["c1p1"].id)
        with refused(NotFound):
            begun(world, by="p2.pm", parent_id=world.engagements["c1p1"].id)
        # The client at the top sees neither the subcontract nor the subcontractor.
        names = {o.name for o in organization_list(world.actor("c1.cso"))}
        assert names == {"Alder Hospitals", "Cedar Desk", "Dogwood Networks"}

    @pytest.mark.req("D24")
    def test_a_captive_unit_or_a_transfer_is_an_engagement_of_its_kind(self, world):
        engagement = begun(world, provider_kind="build_operate_transfer")
        assert engagement.provider_kind == "build_operate_transfer"
        with refused(Invalid, field="provider_kind"):
            begun(world, provider_kind="magic")

    @pytest.mark.parametrize("key", ["c1.ct", "c1.req", "c1.aud", "emb", "p1.pt"])
    def test_others_may_not(self, world, key):
        with refused(NotAllowed):
            begun(world, by=key)

    def test_a_token_may_not(self, world):
        with refused(NotAllowed):
            engagement_create(
                name="X", other_name="Y", own_side="client", actor=world.token_actor("c1"), at=LATER
            )


class TestScope:
    @pytest.mark.req("A2")
    def test_a_service_is_added_mid_term_and_the_past_stays(self, world):
        engagement = world.engagement("c1p1")
        printing, payroll = world.services["c1.printing"], world.services["c1.payroll"]
        before = covered_at(engagement.id, LATER)
        june = START + timedelta(days=90)
        with written() as entries:
            engagement_service_add(
                engagement_id=engagement.id,
                service_id=payroll.id,
                starts_at=june,
                actor=world.actor("c1.cso"),
                at=LATER,
            )
        entry = entries.one("engagement.service_added/1")
        assert entry.facts == {
            "engagement": engagement.id.hex,
            "service": payroll.id.hex,
            "stage": "out_tasking",
            "starts_at": "2026-05-31T08:00:00.000000Z",
        }
        assert readers(entry) == BOTH
        assert covered_at(engagement.id, LATER) == before == {printing.id}
        assert covered_at(engagement.id, june) == {printing.id, payroll.id}
        states = {(row.name, row.state) for row in covered_services(engagement, at=LATER)}
        assert states == {("c1 printing", "now"), ("c1 payroll", "coming")}

    def test_neither_grows_nor_shrinks_in_the_past(self, world):
        given = {
            "engagement_id": world.engagements["c1p1"].id,
            "actor": world.actor("c1.cso"),
            "at": LATER,
        }
        with refused(Invalid, field="starts_at"):
            engagement_service_add(service_id=world.services["c1.payroll"].id, starts_at=START, **given)
        with refused(Invalid, field="ends_at"):
            engagement_service_end(service_id=world.services["c1.printing"].id, ends_at=START, **given)

    def test_a_service_ends_and_may_come_again(self, world):
        engagement, service = world.engagements["c1p1"], world.services["c1.printing"]
        given = {"engagement_id": engagement.id, "service_id": service.id, "actor": world.actor("c1.cso")}
        with refused(Conflict, "already_covered"):
            engagement_service_add(**given, at=LATER)
        engagement_service_end(**given, at=LATER)
        assert covered_at(engagement.id, START) == {service.id}
        assert covered_at(engagement.id, LATER) == frozenset()
        with refused(Conflict, "not_covered"):
            engagement_service_end(**given, at=LATER)
        engagement_service_add(**given, at=LATER + HOUR)
        assert covered_at(engagement.id, LATER) == frozenset()
        assert covered_at(engagement.id, LATER + HOUR) == {service.id}

    def test_sites_are_all_until_one_is_listed(self, world):
        engagement, site = world.engagement("c1p1"), world.sites["c1.main"]
        assert not engagement.sites_limited
        with written() as entries:
            engagement_site_add(
                engagement_id=engagement.id, site_id=site.id, actor=world.actor("c1.cso"), at=LATER
            )
        assert entries.one("engagement.site_added/1").facts["limits_sites"] is True
        assert world.engagement("c1p1").sites_limited
        engagement_site_end(
            engagement_id=engagement.id, site_id=site.id, actor=world.actor("c1.cso"), at=LATER
        )
        assert world.engagement("c1p1").sites_limited

    def test_is_the_clients_to_say(self, world):
        given = {"engagement_id": world.engagements["c1p1"].id, "at": LATER}
        payroll = world.services["c1.payroll"].id
        for key in ("p1.pm", "c1.ct", "c1.aud"):
            with refused(NotAllowed):
                engagement_service_add(service_id=payroll, actor=world.actor(key), **given)
        for key in ("p2.pm", "c2.cso", "emb"):
            with refused(NotFound):
                engagement_service_add(service_id=payroll, actor=world.actor(key), **given)

    def test_covers_nothing_of_another_client(self, world):
        with refused(NotFound):
            engagement_service_add(
                engagement_id=world.engagements["c1p1"].id,
                service_id=world.services["c2.stations"].id,
                actor=world.actor("c1.cso"),
                at=LATER,
            )

    def test_delegated_rights_are_switched_by_the_client(self, world):
        engagement = world.engagement("c2p1")
        with written() as entries:
            engagement_rights_set(
                engagement_id=engagement.id,
                rights=["read_in_scope"],
                version=engagement.version,
                actor=world.actor("c2.cso"),
                at=LATER,
            )
        assert entries.one("engagement.rights_set/1").facts["rights"] == ["read_in_scope"]
        given = {"engagement_id": engagement.id, "actor": world.actor("c2.cso"), "at": LATER}
        with refused(StaleVersion):
            engagement_rights_set(rights=[], version=engagement.version, **given)
        with refused(Invalid, field="rights"):
            engagement_rights_set(rights=["see_all"], version=engagement.version + 1, **given)
        with refused(NotAllowed):
            engagement_rights_set(
                engagement_id=engagement.id,
                rights=[],
                version=engagement.version + 1,
                actor=world.actor("p1.pm"),
                at=LATER,
            )

    def test_is_named_by_its_client(self, world):
        engagement = world.engagement("c1p1")
        given = {
            "engagement_id": engagement.id,
            "version": engagement.version,
            "actor": world.actor("c1.cso"),
            "at": LATER,
        }
        with refused(Invalid, "taken", field="initials"):
            engagement_update(initials="dn", **given)
        after = engagement_update(name="Work places", initials="cw", **given)
        assert (after.name, after.initials) == ("Work places", "CW")
        with refused(StaleVersion):
            engagement_update(name="Again", **given)


class TestStage:
    @pytest.mark.req("A1")
    def test_changes_only_with_both_parties_word_and_keeps_its_evidence(self, world):
        engagement = world.engagement("c1p1")
        with written() as entries:
            change = stage_change_propose(
                engagement_id=engagement.id,
                to_stage="managed",
                evidence="Three months at target.",
                actor=world.actor("p1.pm"),
                at=LATER,
            )
        entry = entries.one("stage.proposed/1")
        assert entry.facts == {
            "engagement": engagement.id.hex,
            "change": change.id.hex,
            "from": "out_tasking",
            "to": "managed",
        }
        assert (payload(entry), readers(entry)) == ({"evidence": "Three months at target."}, BOTH)
        assert world.engagement("c1p1").stage == "out_tasking"
        for key in ("p1.pm", "c1.ct", "c1.aud"):
            with refused(NotAllowed):
                stage_change_answer(change_id=change.id, agreed=True, actor=world.actor(key), at=LATER)
        for key in ("p2.pm", "c2.cso"):
            with refused(NotFound):
                stage_change_answer(change_id=change.id, agreed=True, actor=world.actor(key), at=LATER)
        with written() as entries:
            stage_change_answer(
                change_id=change.id, agreed=True, actor=world.actor("c1.cso"), at=LATER + HOUR
            )
        assert entries.one("stage.changed/1").facts == {
            "engagement": engagement.id.hex,
            "change": change.id.hex,
            "from": "out_tasking",
            "to": "managed",
            "kept_by_one_side": False,
        }
        engagement_service_add(
            engagement_id=engagement.id,
            service_id=world.services["c1.payroll"].id,
            actor=world.actor("c1.cso"),
            at=LATER + 2 * HOUR,
        )
        steps = [
            (s.stage, s.starts_at, s.ends_at, s.evidence, s.services)
            for s in timeline(world.engagement("c1p1"))
        ]
        assert steps == [
            ("Out-tasking", START, LATER + HOUR, "", ("c1 printing",)),
            ("Managed", LATER + HOUR, None, "Three months at target.", ("c1 payroll",)),
        ]
        with refused(Conflict, "already_answered"):
            stage_change_answer(change_id=change.id, agreed=False, actor=world.actor("c1.cso"), at=LATER)

    @pytest.mark.req("A1")
    def test_declined_it_stays(self, world):
        engagement = world.engagement("c1p1")
        change = stage_change_propose(
            engagement_id=engagement.id,
            to_stage="strategic",
            evidence="We wish.",
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        with written() as entries:
            stage_change_answer(change_id=change.id, agreed=False, actor=world.actor("p1.pm"), at=LATER)
        assert entries.kinds == ["stage.declined/1"]
        assert world.engagement("c1p1").stage == "out_tasking"
        assert len(timeline(world.engagement("c1p1"))) == 1

    @pytest.mark.parametrize(
        ("to_stage", "evidence", "field"),
        [
            ("out_tasking", "x", "to_stage"),
            ("galactic", "x", "to_stage"),
            ("managed", "  ", "evidence"),
            ("managed", "x" * 4_001, "evidence"),
            ("managed", "a\x00b", "evidence"),
        ],
    )
    def test_needs_another_stage_and_evidence(self, world, to_stage, evidence, field):
        with refused(Invalid, field=field):
            stage_change_propose(
                engagement_id=world.engagements["c1p1"].id,
                to_stage=to_stage,
                evidence=evidence,
                actor=world.actor("p1.pm"),
                at=LATER,
            )

    def test_one_proposal_waits_at_a_time(self, world):
        given = {"engagement_id": world.engagements["c1p1"].id, "evidence": "x", "at": LATER}
        stage_change_propose(to_stage="managed", actor=world.actor("p1.pm"), **given)
        with refused(Conflict, "open_proposal"):
            stage_change_propose(to_stage="co_managed", actor=world.actor("c1.cso"), **given)

    def test_for_an_absent_party_its_keeper_answers_and_the_record_says_so(self, world):
        engagement = begun(world)
        change = stage_change_propose(
            engagement_id=engagement.id,
            to_stage="managed",
            evidence="By letter of 1 March.",
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        with written() as entries:
            stage_change_answer(change_id=change.id, agreed=True, actor=world.actor("c1.cso"), at=LATER)
        entry = entries.one("stage.changed/1")
        assert entry.on_behalf_of_id == engagement.partner_id
        assert entry.facts["kept_by_one_side"] is True
        assert timeline(Engagement.objects.get(pk=engagement.pk))[-1].kept_by_one_side


class TestTransfer:
    @pytest.mark.req("D24")
    def test_a_milestone_is_reported_by_one_and_confirmed_by_the_other(self, world):
        milestone = milestone_add(
            engagement_id=world.engagements["c1p1"].id,
            name="End of build",
            due_on=date(2026, 9, 1),
            actor=world.actor("p1.pm"),
            at=LATER,
        )
        milestone_report(
            milestone_id=milestone.id, evidence="Accepted.", actor=world.actor("p1.pm"), at=LATER
        )
        with refused(NotAllowed, "other_party"):
            milestone_answer(milestone_id=milestone.id, confirmed=True, actor=world.actor("p1.pm"), at=LATER)
        with refused(Conflict, "already_reported"):
            milestone_report(
                milestone_id=milestone.id, evidence="Again.", actor=world.actor("c1.cso"), at=LATER
            )
        with written() as entries:
            milestone_answer(
                milestone_id=milestone.id, confirmed=False, actor=world.actor("c1.cso"), at=LATER
            )
        assert entries.kinds == ["milestone.sent_back/1"]
        milestone_report(
            milestone_id=milestone.id, evidence="Accepted now.", actor=world.actor("p1.pm"), at=LATER
        )
        milestone_answer(
            milestone_id=milestone.id, confirmed=True, actor=world.actor("c1.cso"), at=LATER + HOUR
        )
        milestone = TransferMilestone.objects.get()
        assert (milestone.confirmed_at, milestone.kept_by_one_side) == (LATER + HOUR, False)
        with refused(Conflict, "nothing_reported"):
            milestone_answer(milestone_id=milestone.id, confirmed=True, actor=world.actor("c1.cso"), at=LATER)

    def test_is_nowhere_for_others(self, world):
        milestone = milestone_add(
            engagement_id=world.engagements["c1p1"].id,
            name="End of build",
            due_on=date(2026, 9, 1),
            actor=world.actor("p1.pm"),
            at=LATER,
        )
        for key in ("p2.pm", "c2.cso"):
            with refused(NotFound):
                milestone_report(milestone_id=milestone.id, evidence="x", actor=world.actor(key), at=LATER)
        with refused(Invalid, "taken"):
            milestone_add(
                engagement_id=world.engagements["c1p1"].id,
                name="End of build",
                due_on=date(2026, 9, 1),
                actor=world.actor("c1.cso"),
                at=LATER,
            )


class TestSeat:
    def test_a_keeper_acts_for_the_absent_party_in_its_name(self, world):
        engagement = begun(world, by="p2.pm", side="partner", other_name="Gorse Schools")
        actor = world.actor("p2.pm", at=LATER)
        client_id = engagement.client_id
        with written() as entries:
            site_add(name="Gorse north", organization_id=client_id, actor=actor, at=LATER)
            service = service_add(name="Boards", organization_id=client_id, actor=actor, at=LATER)
            team = team_add(name="Gorse caretakers", organization_id=client_id, actor=actor, at=LATER)
            engagement_service_add(engagement_id=engagement.id, service_id=service.id, actor=actor, at=LATER)
        assert {entry.on_behalf_of_id for entry in entries.entries} == {client_id}
        assert readers(entries.one("site.added/1")) == {"Gorse Schools", "Dogwood Networks"}
        assert team.organization_id == client_id

    def test_a_new_party_takes_its_seat_with_all_that_was_recorded(self, world):
        engagement = begun(world)
        issued = stand_in_invite(
            engagement_id=engagement.id,
            email="lead@fern.example",
            name="Lea Fern",
            by_mail=False,
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        with written() as entries:
            organization = stand_in_claim(secret=secret_of(issued.link), password=PASSWORD, at=LATER + HOUR)
        assert organization.id == engagement.partner_id
        assert (organization.stand_in, organization.kept_by_id) == (False, None)
        roles = set(Grant.objects.filter(organization=organization).values_list("role", "engagement_id"))
        assert roles == {("administrator", None), ("manager", None), ("manager", engagement.id)}
        entry = entries.one("engagement.claimed/1")
        assert entry.facts == {
            "engagement": engagement.id.hex,
            "organization": organization.id.hex,
            "as_client": False,
            "again": False,
        }
        assert readers(entry) == {"Alder Hospitals", "Fern Voice"}
        # From here on the client no longer speaks for it.
        with refused(NotFound):
            team_add(
                name="Ghosts", organization_id=organization.id, actor=world.actor("c1.cso"), at=LATER + HOUR
            )
        with refused(NotFound):
            stand_in_claim(secret=secret_of(issued.link), password=PASSWORD, at=LATER + HOUR)

    def test_a_new_client_takes_the_seat_that_a_partner_kept_and_owns_its_services(self, world):
        engagement = begun(world, by="p2.pm", side="partner", other_name="Gorse Schools")
        issued = stand_in_invite(
            engagement_id=engagement.id,
            email="head@gorse.example",
            name="Head",
            by_mail=False,
            actor=world.actor("p2.pm", at=LATER),
            at=LATER,
        )
        organization = stand_in_claim(secret=secret_of(issued.link), password=PASSWORD, at=LATER)
        roles = set(Grant.objects.filter(organization=organization).values_list("role", "engagement_id"))
        assert roles == {("administrator", None), ("service_owner", None)}

    @pytest.mark.req("D21")
    def test_a_party_that_is_here_takes_a_seat_at_a_second_client(self, world):
        engagement = world.engagement("c2p1")
        assert engagement.partner == world.organizations["p1"]
        before = Engagement.objects.get(
            client=world.organizations["c2"], name="Stations", ends_at__isnull=False
        )
        assert before.partner.stand_in
        assert (before.slot, engagement.slot) == (100, 2)
        assert (before.initials, engagement.initials) == ("CD", "CD")
        rows = engagement_list(world.actor("p1.pm"), at=START)
        assert {(row.engagement.name, row.side) for row in rows} == {
            ("Workplace", "partner"),
            ("Stations", "partner"),
            ("Print repairs", "client"),
        }

    def test_only_who_leads_an_organization_takes_a_seat_for_it(self, world):
        engagement = begun(world)
        secret = invited(world, engagement, "p3.pt")
        with refused(NotAllowed, "not_lead"):
            claimed(world, secret, "p3.pt")
        with refused(NotAllowed, "other_address"):
            claimed(world, secret, "p3.pm")

    def test_a_client_does_not_take_its_own_partners_seat(self, world):
        engagement = begun(world)
        secret = invited(world, engagement, "c1.cso")
        with refused(Conflict, "own_seat"):
            claimed(world, secret, "c1.cso")

    def test_a_seat_that_is_taken_is_not_offered(self, world):
        with refused(Conflict, "not_absent"):
            stand_in_invite(
                engagement_id=world.engagements["c1p1"].id,
                email="x@y.example",
                name="X",
                actor=world.actor("c1.cso"),
                at=LATER,
            )

    def test_a_client_that_is_here_takes_the_seat_that_a_partner_kept(self, world):
        before = begun(world, by="p2.pm", side="partner", other_name="Birch Rail")
        issued = stand_in_invite(
            engagement_id=before.id,
            email="cso@c2.example",
            name="CSO",
            by_mail=False,
            actor=world.actor("p2.pm", at=LATER),
            at=LATER,
        )
        claimed(world, secret_of(issued.link), "c2.cso")
        engagement = Engagement.objects.get(
            client=world.organizations["c2"], partner=world.organizations["p2"]
        )
        assert engagement.slot == 4
        assert world.actor("p2.pm", at=LATER).sight.roles_on(engagement.id) == {"manager"}


class TestEnd:
    def ended(self, world, **changes):
        engagement = world.engagement("c1p1")
        given = {
            "engagement_id": engagement.id,
            "version": engagement.version,
            "actor": world.actor("c1.cso"),
            "at": LATER,
            "reason": "contract over",
        }
        return engagement_end(**(given | changes))

    def test_the_partner_reads_for_the_export_window_and_then_no_more(self, world):
        with written() as entries:
            engagement = self.ended(world, export_days=30)
        entry = entries.one("engagement.ended/1")
        assert entry.facts == {
            "engagement": engagement.id.hex,
            "ends_at": "2026-03-02T09:00:00.000000Z",
            "export_days": 30,
        }
        key = engagement.id
        within, after = LATER + timedelta(days=29), LATER + timedelta(days=30)

        def seen(who, at):
            return Engagement.objects.visible_to(world.actor(who, at=at)).filter(pk=key).exists()

        assert {
            who: (seen(who, within), seen(who, after)) for who in ("c1.cso", "c1.ct", "p1.pm", "p1.pt")
        } == {
            "c1.cso": (True, True),
            "c1.ct": (True, True),
            "p1.pm": (True, False),
            "p1.pt": (False, False),
        }
        assert world.actor("p1.pm", at=within).sight.roles_on(key) == {"auditor"}
        assert world.token_actor("p1", at=within).sight.grants == ()

    def test_nothing_is_done_under_it_any_more(self, world):
        self.ended(world)
        actor = world.actor("c1.cso", at=LATER)
        with refused(Conflict, "engagement_ended"):
            engagement_service_add(
                engagement_id=world.engagements["c1p1"].id,
                service_id=world.services["c1.payroll"].id,
                actor=actor,
                at=LATER,
            )
        with refused(Conflict, "engagement_ended"):
            self.ended(world, version=world.engagement("c1p1").version, actor=actor)

    def test_only_the_client_ends_it_never_in_the_past(self, world):
        with refused(NotAllowed):
            self.ended(world, actor=world.actor("p1.pm"))
        with refused(NotFound):
            self.ended(world, actor=world.actor("p2.pm"))
        with refused(Invalid, field="ends_at"):
            self.ended(world, ends_at=START)
        with refused(Invalid, field="export_days"):
            self.ended(world, export_days=-1)
        with refused(StaleVersion):
            self.ended(world, version=77)


class TestReading:
    @pytest.mark.req("C28", "D21")
    def test_each_sees_its_own_engagements_and_their_other_side(self, world):
        names = {
            key: {o.name for o in organization_list(world.actor(key))}
            for key in ("c1.cso", "c2.ct", "p1.pm", "p1.pt", "p1.pt2", "p2.pt", "p3.ptsub", "c1.req", "emb")
        }
        assert names == {
            "c1.cso": {"Alder Hospitals", "Cedar Desk", "Dogwood Networks"},
            "c2.ct": {"Birch Rail", "Cedar Desk", "Elm Print"} | self.kept(world, "c2"),
            "p1.pm": {"Cedar Desk", "Alder Hospitals", "Birch Rail", "Elm Print"} | self.kept(world, "p1"),
            "p1.pt": {"Cedar Desk", "Alder Hospitals"},
            "p1.pt2": {"Cedar Desk", "Birch Rail"},
            "p2.pt": {"Dogwood Networks", "Alder Hospitals"},
            "p3.ptsub": {"Elm Print", "Cedar Desk"},
            "c1.req": {"Alder Hospitals"},
            "emb": {"Alder Hospitals"},
        }

    def kept(self, world, key):
        rows = Organization.objects.filter(stand_in=True, kept_by=world.organizations[key])
        return set(rows.values_list("name", flat=True))

    @pytest.mark.req("C28")
    def test_a_token_sees_no_engagement_and_no_foreign_one_exists(self, world):
        assert engagement_list(world.token_actor("p1"), at=START) == []
        for key in (world.engagements["c1p2"].id, NEVER):
            with pytest.raises(NotFound):
                engagement_get(world.actor("p1.pm"), key, at=START)

    def test_the_directory_tells_name_role_and_mailbox_alone(self, world):
        engagement = world.engagement("c1p1")
        of_partner = directory(world.actor("c1.ct"), engagement, at=START)
        assert [(r.name, r.role, r.mailbox) for r in of_partner] == [
            ("PM of Cedar Desk", "manager", ""),
            ("PT of Cedar Desk", "pt", "alder@p1.example"),
        ]
        of_client = directory(world.actor("p1.pt"), engagement, at=START)
        assert [(r.name, r.mailbox) for r in of_client] == [
            ("AUD of Alder Hospitals", ""),
            ("CSO of Alder Hospitals", ""),
            ("CT of Alder Hospitals", "desk@c1.example"),
            ("CT2 of Alder Hospitals", "apps@c1.example"),
        ]

    def test_badges_are_the_same_for_every_reader_who_sees_the_party(self, world):
        c1, p1, p2 = (world.organizations[key].id for key in ("c1", "p1", "p2"))
        of_client = party_badges(world.actor("c1.cso"), c1)
        of_partner = party_badges(world.actor("p1.pt"), c1)
        assert {k: (b.slot, b.initials) for k, b in of_client.items()} == {
            c1: (1, "AH"),
            p1: (2, "CD"),
            p2: (3, "DN"),
        }
        assert {k: (b.slot, b.initials) for k, b in of_partner.items()} == {c1: (1, "AH"), p1: (2, "CD")}
        assert p2 not in party_badges_everywhere(world.actor("p1.pm"))
        assert party_badges(world.token_actor("p1"), c1) == of_partner

    def test_ones_own_badge_is_the_one_that_others_see(self, world, django_assert_num_queries):
        for key in ("c1.cso", "p1.pm", "p1.pt2", "p2.pt", "p3.pm", "p3.ptsub", "c1.req", "emb"):
            actor = world.actor(key)
            assert own_badge(actor) == party_badges_everywhere(actor)[actor.organization_id], key
        with django_assert_num_queries(1):
            own_badge(actor)

    def test_badges_and_lists_take_few_queries(self, world, django_assert_max_num_queries):
        actor = world.actor("p1.pm")
        with django_assert_max_num_queries(2):
            party_badges_everywhere(actor)
        with django_assert_max_num_queries(1):
            engagement_list(actor, at=START)
