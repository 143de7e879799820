"""Corners of the services: what ends twice, comes late, is nobody's, or happens twice at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.integration.parties.record import NEVER, refused, written
from tests.worlds import PASSWORD, START, World, client_founded, secret_of

from cosource.foundation.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
)
from cosource.foundation.models import DueWork, Notice
from cosource.foundation.notices import SubjectLine
from cosource.foundation.queries.notices import lines_of
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor, Sight, system_actor
from cosource.parties.models import (
    Engagement,
    Grant,
    IntegrationToken,
    Invitation,
    Organization,
    Person,
    Placement,
    Service,
    Site,
    Skill,
    Team,
)
from cosource.parties.queries.badges import own_badge, party_badges_everywhere
from cosource.parties.queries.frame import identity_of, leads_here, works_here
from cosource.parties.queries.organizations import covered_places, organization_own, own_sites
from cosource.parties.queries.people import is_requester_only, team_list
from cosource.parties.queries.rights import grant_get, grant_list
from cosource.parties.queries.sight import actor_for_person
from cosource.parties.services.claims import _claim_as_new, stand_in_claim, stand_in_invite
from cosource.parties.services.engagements import engagement_create, engagement_update
from cosource.parties.services.grants import grant_give
from cosource.parties.services.invitations import (
    OfferedRole,
    invitation_accept,
    invitation_open,
    invitation_send_again,
    invitation_take,
    invitation_withdraw,
    person_invite,
)
from cosource.parties.services.leaving import employment_end
from cosource.parties.services.milestones import milestone_add, milestone_answer, milestone_report
from cosource.parties.services.organizations import FIRST, organization_create, organization_update
from cosource.parties.services.people import employment_write
from cosource.parties.services.placements import placement_accept, placement_end, placement_propose
from cosource.parties.services.places import site_add, site_end
from cosource.parties.services.policy import acting_person
from cosource.parties.services.scope import (
    engagement_service_add,
    engagement_site_add,
    engagement_site_end,
)
from cosource.parties.services.teams import (
    membership_add,
    membership_end,
    team_add,
    team_end,
    team_offer,
)

LATER = START + timedelta(hours=1)


def alone(world, **changes):
    values = {"name": "Telephony", "other_name": "Fern", "own_side": "client", "at": LATER}
    return engagement_create(**({"actor": world.actor("c1.cso")} | values | changes))


def seat(world, engagement, email="lead@fern.example", by="c1.cso", *, by_mail=False):
    issued = stand_in_invite(
        engagement_id=engagement.id,
        email=email,
        name="Lea",
        by_mail=by_mail,
        actor=world.actor(by, at=LATER),
        at=LATER,
    )
    return issued.invitation, secret_of(issued.link)


class TestSeats:
    def test_an_invitation_to_work_takes_no_seat_and_a_seat_employs_nobody(self, world):
        job = person_invite(
            email="a@c1.example", name="A", by_mail=False, actor=world.actor("c1.cso"), at=LATER
        )
        with refused(NotFound):
            stand_in_claim(secret=secret_of(job.link), password=PASSWORD, at=LATER)
        _, secret = seat(world, alone(world))
        with refused(NotFound):
            invitation_accept(secret=secret, password=PASSWORD, at=LATER)

    def test_who_no_longer_leads_an_organization_takes_no_seat_for_it(self, world):
        _, secret = seat(world, alone(world), email="pm@p3.example")
        Grant.objects.filter(person=world.people["p3.pm"], engagement=None).update(ends_at=LATER)
        with refused(NotAllowed, "not_lead"):
            stand_in_claim(
                secret=secret,
                person=world.people["p3.pm"],
                for_organization_id=world.organizations["p3"].id,
                at=LATER,
            )

    def test_of_two_at_once_one_takes_it(self, world):
        engagement = alone(world)
        invitation, secret = seat(world, engagement)
        stand_in_claim(secret=secret, password=PASSWORD, at=LATER)
        with refused(NotFound):
            invitation_take(invitation, world.people["c1.ct"], LATER)
        with refused(NotFound):
            _claim_as_new(engagement.partner, world.people["c1.ct"], LATER)

    def test_an_open_seat_is_withdrawn_by_its_keeper(self, world):
        invitation, secret = seat(world, alone(world))
        with refused(NotFound):
            invitation_withdraw(invitation_id=invitation.id, actor=world.actor("p1.pm"), at=LATER)
        with refused(NotAllowed):
            # A technician sees invitations only with a lead's role; an auditor sees and may not.
            invitation_withdraw(invitation_id=invitation.id, actor=world.actor("c1.aud"), at=LATER)
        with written() as entries:
            invitation_withdraw(invitation_id=invitation.id, actor=world.actor("c1.cso"), at=LATER)
        assert entries.kinds == ["invitation.withdrawn/1"]
        with refused(NotFound):
            stand_in_claim(secret=secret, password=PASSWORD, at=LATER)

    def test_an_open_seat_is_sent_again_with_another_link_and_more_days(self, world):
        invitation, secret = seat(world, alone(world), by_mail=True)
        later = LATER + timedelta(days=3)
        with refused(NotFound):
            invitation_send_again(invitation_id=invitation.id, actor=world.actor("p1.pm"), at=later)
        with refused(NotAllowed):
            invitation_send_again(invitation_id=invitation.id, actor=world.actor("c1.aud"), at=later)
        with written() as entries:
            again = invitation_send_again(invitation_id=invitation.id, actor=world.actor("c1.cso"), at=later)
        assert entries.kinds == ["invitation.sent_again/1"]
        assert (again.invitation.id, again.invitation.expires_at) == (
            invitation.id,
            later + timedelta(days=7),
        )
        mails = [
            w.args["text"] for w in DueWork.objects.filter(kind="foundation.mail").order_by("created_at")
        ]
        letters = [text for text in mails if "/invitation/" in text]
        assert [(secret in text, again.link in text) for text in letters] == [(True, False), (False, True)]
        with refused(NotFound):
            stand_in_claim(secret=secret, password=PASSWORD, at=later)
        # The first link would have been late by now.
        stand_in_claim(secret=secret_of(again.link), password=PASSWORD, at=LATER + timedelta(days=9))
        with refused(NotFound):
            # The seat is the other party's own now, and so is what is known of it.
            invitation_send_again(invitation_id=invitation.id, actor=world.actor("c1.cso"), at=later)

    @pytest.mark.parametrize("here_already", [False, True])
    def test_who_invited_is_told_that_the_seat_is_taken(self, world, here_already):
        engagement = alone(world)
        _, secret = seat(world, engagement, email="pm@p3.example" if here_already else "lead@fern.example")
        key = {"person": world.people["p3.pm"], "for_organization_id": world.organizations["p3"].id}
        organization = stand_in_claim(
            secret=secret, at=LATER, **(key if here_already else {"password": PASSWORD})
        )
        after = Engagement.objects.get(partner=organization, client=world.organizations["c1"])
        told = Notice.objects.get(kind="person.joined", subject_kind="engagement", subject_id=after.id)
        assert (after.id == engagement.id) is not here_already
        assert (told.person_id, told.organization_id) == (world.people["c1.cso"].id, engagement.client_id)
        assert told.url == f"/organization/engagements/{after.id}/"
        assert told.words["v"] == {"party": organization.name}
        # Who invited sees it; whom the engagement is hidden from does not.
        reader = world.actor("c1.cso", at=LATER)
        assert lines_of(reader, [told]) == {told.id: SubjectLine("Telephony")}
        assert lines_of(world.actor("c2.cso", at=LATER), [told]) == {}

    def test_scope_limits_and_rights_go_on_under_a_seat_that_was_taken(self, world):
        engagement, lead = alone(world), world.actor("c1.cso", at=LATER)
        payroll, site = world.services["c1.payroll"], world.sites["c1.main"]
        key = {"engagement_id": engagement.id, "actor": lead, "at": LATER}
        engagement_service_add(service_id=payroll.id, **key)
        engagement_site_add(site_id=site.id, **key)
        grant_give(person_id=world.people["c1.ct"].id, role="auditor", service_ids=[payroll.id], **key)
        _, secret = seat(world, engagement, email="pm@p3.example")
        stand_in_claim(
            secret=secret,
            person=world.people["p3.pm"],
            for_organization_id=world.organizations["p3"].id,
            at=LATER,
        )
        after = Engagement.objects.get(partner=world.organizations["p3"], client=world.organizations["c1"])
        assert after.sites_limited
        assert [row.service_id for row in after.covered_services.all()] == [payroll.id]
        assert [row.site_id for row in after.covered_sites.all()] == [site.id]
        kept = Grant.objects.get(engagement=after, person=world.people["c1.ct"])
        assert (kept.service_ids, kept.granted_by_id) == ([payroll.id.hex], world.people["c1.cso"].id)
        assert covered_places(lead, after, at=LATER) == [site]

    def test_limits_that_name_a_stand_ins_places_are_given_anew(self, world):
        partner = world.actor("p2.pm")
        before = alone(world, actor=partner, own_side="partner", other_name="Birch Rail")
        partner = world.actor("p2.pm", at=LATER)
        place = site_add(name="Kept", organization_id=before.client_id, actor=partner, at=LATER)
        grant_give(
            person_id=world.people["p2.pt"].id,
            role="technician",
            engagement_id=before.id,
            site_ids=[place.id],
            actor=partner,
            at=LATER,
        )
        _, secret = seat(world, before, email="cso@c2.example", by="p2.pm")
        stand_in_claim(
            secret=secret,
            person=world.people["c2.cso"],
            for_organization_id=world.organizations["c2"].id,
            at=LATER,
        )
        after = Engagement.objects.get(client=world.organizations["c2"], partner=world.organizations["p2"])
        assert list(after.grants.values_list("person__email", "role")) == [("pm@p2.example", "manager")]


class TestTwice:
    def test_nothing_ends_twice(self, world):
        lead = world.actor("c1.cso")
        site, team = world.sites["c1.annex"], world.teams["c1.apps"]
        site_end(site_id=site.id, actor=lead, at=LATER)
        with refused(Conflict, "already_ended"):
            site_end(site_id=site.id, actor=lead, at=LATER)
        membership = team.memberships.get()
        membership_end(membership_id=membership.id, actor=lead, at=LATER)
        with refused(Conflict, "already_ended"):
            membership_end(membership_id=membership.id, actor=lead, at=LATER)
        team_end(team_id=team.id, actor=lead, at=LATER)
        with refused(Conflict, "already_ended"):
            team_end(team_id=team.id, actor=lead, at=LATER)
        with refused(Conflict, "team_ended"):
            team_offer(team_id=team.id, engagement_id=world.engagements["c1p1"].id, actor=lead, at=LATER)

    def test_nothing_is_covered_or_offered_twice(self, world):
        lead, key = world.actor("c1.cso"), world.engagements["c1p1"].id
        main, annex = world.sites["c1.main"].id, world.sites["c1.annex"].id
        engagement_site_add(engagement_id=key, site_id=main, actor=lead, at=LATER)
        with refused(Conflict, "already_covered"):
            engagement_site_add(engagement_id=key, site_id=main, actor=lead, at=LATER)
        with written() as entries:
            engagement_site_add(engagement_id=key, site_id=annex, actor=lead, at=LATER)
        assert entries.one("engagement.site_added/1").facts["limits_sites"] is False
        engagement_site_end(engagement_id=key, site_id=annex, actor=lead, at=LATER)
        with refused(Conflict, "not_covered"):
            engagement_site_end(engagement_id=key, site_id=annex, actor=lead, at=LATER)
        with refused(Invalid, field="ends_at"):
            engagement_site_end(engagement_id=key, site_id=main, ends_at=START, actor=lead, at=LATER)
        with refused(Conflict, "already_offered"):
            team_offer(team_id=world.teams["c1.desk"].id, engagement_id=key, actor=lead, at=LATER)

    def test_a_report_that_was_sent_back_waits_for_no_answer(self, world):
        milestone = milestone_add(
            engagement_id=world.engagements["c1p1"].id,
            name="Build",
            due_on=LATER.date(),
            actor=world.actor("p1.pm"),
            at=LATER,
        )
        with refused(Conflict, "nothing_reported"):
            milestone_answer(milestone_id=milestone.id, confirmed=True, actor=world.actor("c1.cso"), at=LATER)

    def test_who_works_here_already_is_not_employed_again_and_keeps_the_team(self, world):
        person, team = world.people["c1.ct"], world.teams["c1.desk"]
        issued = person_invite(
            email=person.email,
            name="CT",
            roles=[OfferedRole("auditor")],
            team_ids=[team.id],
            by_mail=False,
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        with written() as entries:
            invitation_accept(secret=secret_of(issued.link), person=person, at=LATER)
        assert entries.kinds == ["grant.given/1"]

    @pytest.mark.django_db
    def test_a_first_organization_is_founded_once_even_if_its_row_is_not_seen_yet(self):
        world = World(at=START)
        client_founded(world, "c1", "Alder")
        stream = world.organization("c1").own_stream_id
        # As if another process had founded one and not committed before this one looked: only the key is there.
        append(
            kind="organization.created/1",
            subject_kind="organization",
            subject_id=stream,
            audience_id=audience_intern([stream]),
            actor=system_actor(reason="test"),
            at=START,
            key=FIRST,
        )
        Grant.objects.all().delete()
        world.people["c1.cso"].employments.all().delete()
        Organization.objects.all().delete()
        with refused(Conflict, "not_first"):
            organization_create(
                name="Second",
                time_zone="UTC",
                leads_as="manager",
                person_name="B",
                person_email="b@b.example",
                password=PASSWORD,
                actor=system_actor(reason="first run"),
                at=START,
                only_first=True,
            )

    @pytest.mark.django_db(transaction=True)
    def test_two_engagements_at_once_never_share_a_slot(self):
        world = World(at=START)
        client_founded(world, "c1", "Alder")
        lead, outcome = world.actor("c1.cso"), []
        begun = threading.Event()

        def second() -> None:
            begun.wait(10)
            try:
                alone(world, actor=lead, other_name="Second")
                outcome.append("stands")
            except Conflict as refusal:
                outcome.append(refusal.code)
            finally:
                connection.close()

        other = threading.Thread(target=second)
        other.start()
        with transaction.atomic():
            alone(world, actor=lead, other_name="First")
            begun.set()
            other.join(0.5)  # it waits for this transaction's end
            assert outcome == []
        other.join(10)
        slots = list(Engagement.objects.order_by("slot").values_list("slot", flat=True))
        assert (outcome, slots) in ((["stands"], [2, 3]), (["slot_taken"], [2]))


class TestRefusals:
    def test_of_values(self, world):
        lead = world.actor("c1.cso")
        with refused(Invalid, field="stage"):
            alone(world, stage="heaven")
        with refused(Invalid, field="contact_email"):
            alone(world, other_email="nobody")
        engagement = world.engagement("c1p1")
        with refused(Invalid, field="provider_kind"):
            engagement_update(
                engagement_id=engagement.id,
                version=engagement.version,
                provider_kind="x",
                actor=lead,
                at=LATER,
            )
        version = world.organization("c1").version
        for change, field in (
            ({"initials": "??"}, "initials"),
            ({"initials": ""}, "initials"),
            ({"email_domains": ["nodot"]}, "email_domains"),
            ({"email_domains": ["a b.example"]}, "email_domains"),
            ({"contact_email": f"{'a' * 60}@{'b.' * 120}example"}, "contact_email"),
        ):
            with refused(Invalid, field=field):
                organization_update(version=version, actor=lead, at=LATER, **change)
        with refused(Invalid, "taken", field="name"):
            team_add(name="c1 desk team", actor=lead, at=LATER)
        for wrong in (world.sites["c2.main"].id, NEVER):
            with refused(Invalid, field="site_id"):
                team_add(name="X", site_id=wrong, actor=lead, at=LATER)
        assert team_add(name="X", site_id=world.sites["c1.main"].id, actor=lead, at=LATER).site is not None

    def test_an_address_that_signs_in_founds_no_second_account(self, world):
        with refused(Invalid, "taken", field="person_email"):
            organization_create(
                name="Second",
                time_zone="UTC",
                leads_as="manager",
                person_name="B",
                person_email="CSO@c1.example",
                password=PASSWORD,
                actor=system_actor(reason="founding"),
                at=LATER,
            )

    def test_of_what_is_out_of_sight(self, world):
        lead = world.actor("c1.cso")
        for other in (world.sites["c2.main"].id, NEVER):
            with refused(NotFound):
                site_end(site_id=other, actor=lead, at=LATER)
            with refused(NotFound):
                engagement_site_add(
                    engagement_id=world.engagements["c1p1"].id, site_id=other, actor=lead, at=LATER
                )
        with refused(NotFound):
            team_offer(
                team_id=world.teams["p2.noc"].id,
                engagement_id=world.engagements["c1p1"].id,
                actor=lead,
                at=LATER,
            )
        assert world.placement is not None
        with refused(NotFound):
            placement_end(placement_id=world.placement.id, actor=world.actor("p2.pm"), at=LATER)
        with pytest.raises(NotFound):
            grant_get(lead, Grant.objects.filter(organization=world.organizations["c2"])[0].id)
        with pytest.raises(NotFound):
            own_sites(lead, world.organizations["p1"].id)

    def test_a_guest_decides_nothing_for_the_host_whatever_role_it_holds(self, world):
        Grant.objects.create(
            organization=world.organizations["c1"],
            person=world.people["p1.emb"],
            role="service_owner",
            starts_at=START,
        )
        guest = world.actor("emb")
        assert "service_owner" in guest.sight.roles
        with refused(NotAllowed):
            team_add(name="X", actor=guest, at=LATER)

    @pytest.mark.req("C28")
    def test_a_guest_does_not_see_whom_the_host_keeps_a_seat_for(self, world):
        engagement = alone(world)
        team = team_add(
            name="Fern lines", organization_id=engagement.partner_id, actor=world.actor("c1.cso"), at=LATER
        )
        seen = {
            key: Team.objects.visible_to(world.actor(key, at=LATER)).filter(pk=team.pk).exists()
            for key in ("c1.ct", "emb")
        }
        assert seen == {"c1.ct": True, "emb": False}

    @pytest.mark.req("C28")
    def test_a_partner_does_not_see_who_of_the_client_holds_rights(self, world):
        grant = grant_give(
            person_id=world.people["c1.ct"].id,
            role="auditor",
            engagement_id=world.engagements["c1p1"].id,
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        seen = {
            key: Grant.objects.visible_to(world.actor(key, at=LATER)).filter(pk=grant.pk).exists()
            for key in ("c1.cso", "c1.ct", "c1.ct2", "p1.pm", "p1.pt", "p2.pm")
        }
        assert seen == {
            "c1.cso": True,
            "c1.ct": True,
            "c1.ct2": True,
            "p1.pm": False,
            "p1.pt": False,
            "p2.pm": False,
        }

    @pytest.mark.req("C29")
    def test_a_late_link_opens_nothing(self, world):
        issued = person_invite(
            email="a@c1.example", name="A", by_mail=False, actor=world.actor("c1.cso"), at=LATER
        )
        secret = secret_of(issued.link)
        assert invitation_open(secret, LATER + timedelta(days=7) - timedelta(seconds=1)) == issued.invitation
        with pytest.raises(NotFound):
            invitation_open(secret, LATER + timedelta(days=7))

    def test_an_absent_host_takes_nobody(self, world):
        engagement = alone(world, actor=world.actor("p2.pm"), own_side="partner", other_name="Gorse")
        with refused(Conflict, "host_absent"):
            placement_propose(
                engagement_id=engagement.id,
                person_id=world.people["p2.pt"].id,
                actor=world.actor("p2.pm", at=LATER),
                at=LATER,
            )

    def test_a_guest_of_one_is_no_lead_of_another(self, world):
        placement = world.placement
        assert placement is not None
        guest = world.people["p1.emb"]
        employment_write(person=guest, organization=world.organizations["p2"], title="", at=START)
        grant_give(person_id=guest.id, role="manager", actor=world.actor("p2.pm"), at=START)
        hat = actor_for_person(guest, organization_id=world.organizations["p2"].id, at=LATER)
        for step in (placement_accept, placement_end):
            with refused(NotAllowed):
                step(placement_id=placement.id, actor=hat, at=LATER)

    def test_a_placement_that_ends_spares_who_is_employed_there(self, world):
        placement, guest = world.placement, world.people["p1.emb"]
        assert placement is not None
        employment_write(person=guest, organization=world.organizations["c1"], title="", at=START)
        with written() as entries:
            placement_end(placement_id=placement.id, actor=world.actor("p1.pm"), at=LATER)
        assert entries.kinds == ["placement.ended/1"]
        assert world.actor("emb", at=LATER).sight.roles == {"technician"}

    def test_who_has_another_employer_stays_signed_in_there(self, world):
        person = world.people["p1.pt"]
        employment_write(person=person, organization=world.organizations["p2"], title="", at=START)
        employment_end(person_id=person.id, actor=world.actor("p1.pm"), at=LATER)
        with refused(Conflict, "not_employed"):
            employment_end(person_id=person.id, actor=world.actor("p1.pm"), at=LATER)

    def test_the_system_and_tokens_decide_nothing_here(self, world):
        own = world.organizations["c1"].id
        robot = system_actor(reason="test", organization_id=own)
        for actor in (robot, world.token_actor("c1")):
            with refused(NotAllowed):
                team_add(name="X", actor=actor, at=LATER)
            with refused(NotAllowed, "person_needed"):
                acting_person(actor)
        with refused(NotFound):
            team_add(name="X", actor=system_actor(reason="test"), at=LATER)
        with refused(NotFound):
            membership_end(membership_id=NEVER, actor=system_actor(reason="test"), at=LATER)

    def test_members_are_of_ones_own_or_a_kept_team(self, world):
        with refused(NotFound):
            membership_add(
                team_id=world.teams["p2.noc"].id,
                person_id=world.people["p2.pt"].id,
                actor=world.actor("p1.pm"),
                at=LATER,
            )
        with refused(NotFound):
            milestone_report(milestone_id=NEVER, evidence="x", actor=world.actor("p1.pm"), at=LATER)


class TestSightOfNobody:
    """Whoever acts for no organization sees nothing anywhere."""

    def test_sees_nothing(self, world):
        nobody = Actor(kind="person", id=world.people["c1.ct"].id, sight=Sight(organization_id=None))
        for model in (
            Organization,
            Engagement,
            Team,
            Site,
            Service,
            Person,
            Skill,
            Grant,
            Invitation,
            IntegrationToken,
            Placement,
        ):
            assert not model.objects.visible_to(nobody).exists(), model
        assert team_list(nobody, at=LATER) == []
        assert own_badge(nobody) is None
        assert party_badges_everywhere(nobody) == {}
        assert identity_of(world.token_actor("p1")) is None
        with pytest.raises(NotFound):
            organization_own(nobody)
        with pytest.raises(NotFound):
            own_sites(nobody)

    def test_a_requester_asks_and_no_more(self, world):
        requester, lead = world.actor("c1.req"), world.actor("c1.cso")
        assert (is_requester_only(requester), is_requester_only(lead)) == (True, False)
        assert (works_here(requester), leads_here(requester)) == (False, False)
        assert (works_here(lead), leads_here(lead), leads_here(world.actor("emb"))) == (True, True, False)
        assert not Team.objects.visible_to(requester).exists()
        assert not Placement.objects.visible_to(requester).exists()
        assert not Skill.objects.visible_to(requester).exists()
        assert {s.name for s in Site.objects.visible_to(requester)} == {"c1 main", "c1 annex"}
        of_one = grant_list(lead, at=LATER, engagement_id=world.engagements["c1p2"].id)
        assert {g.person.email for g in of_one.items if g.person} == {"pm@p2.example", "pt@p2.example"}

    def test_without_an_instant_only_what_has_no_end_is_seen(self, world):
        sight = world.actor("p1.pm").sight
        timeless = Actor(
            kind="person",
            id=sight.person_id,
            sight=Sight(sight.organization_id, sight.person_id, sight.grants, sight.team_ids),
        )
        seen = Engagement.objects.visible_to(timeless)
        assert set(seen.filter(partner=sight.organization_id).values_list("name", flat=True)) == {
            "Workplace",
            "Stations",
        }
        assert Team.objects.visible_to(timeless).filter(name="c1 desk team").exists()

    def test_people_and_places_say_their_names(self, world):
        assert str(world.people["c1.ct"]) == "CT of Alder Hospitals"
        assert [str(row) for row in (world.sites["c1.main"], world.services["c1.printing"])] == [
            "c1 main",
            "c1 printing",
        ]
        assert str(world.organizations["c1"]) == "Alder Hospitals"
        assert Person.objects.get_by_natural_key("CT@C1.example") == world.people["c1.ct"]
