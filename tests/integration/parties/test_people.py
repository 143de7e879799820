"""People come by invitation, hold rights within a ceiling, are placed, and leave with all their access."""

import hashlib
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from tests.integration.parties.record import NEVER, payload, readers, refused, written
from tests.worlds import PASSWORD, START, secret_of

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.exports import export_kinds
from cosource.foundation.models import DueWork
from cosource.foundation.sight import AUDITOR, MANAGER, TECHNICIAN
from cosource.parties.models import (
    Employment,
    Grant,
    IntegrationToken,
    Invitation,
    Membership,
    Person,
    Placement,
    Presence,
    Team,
)
from cosource.parties.queries.acting import organization_acting
from cosource.parties.queries.people import (
    eligible_handover_teams,
    people_list,
    person_get,
    placed_on_site,
)
from cosource.parties.queries.rights import grant_list, invitation_list, orphan_grants, token_list
from cosource.parties.queries.sight import hats_of
from cosource.parties.rules.policies import READ_IN_SCOPE
from cosource.parties.services.engagements import engagement_rights_set
from cosource.parties.services.grants import grant_end, grant_give
from cosource.parties.services.invitations import (
    OfferedRole,
    invitation_accept,
    invitation_withdraw,
    person_invite,
)
from cosource.parties.services.leaving import employment_end
from cosource.parties.services.people import person_phone_set
from cosource.parties.services.placements import placement_accept, placement_end, placement_propose
from cosource.parties.services.presence import person_seen
from cosource.parties.services.scope import engagement_site_add
from cosource.parties.services.tokens import TokenGrant, token_create, token_revoke

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATER = START + HOUR


def invited(world, **changes):
    given = {
        "email": "New.One@c1.example",
        "name": "New One",
        "title": "Desk",
        "roles": [OfferedRole(TECHNICIAN)],
        "team_ids": [world.teams["c1.desk"].id],
        "by_mail": False,
        "actor": world.actor("c1.cso"),
        "at": LATER,
    }
    return person_invite(**(given | changes))


class TestInvitation:
    def test_keeps_a_digest_and_shows_the_link_once(self, world):
        with written() as entries:
            issued = invited(world)
        secret = secret_of(issued.link)
        invitation = Invitation.objects.get(pk=issued.invitation.pk)
        assert len(secret) == 43
        assert invitation.digest == hashlib.sha256(secret.encode()).hexdigest()
        assert invitation.expires_at == LATER + 7 * DAY
        entry = entries.one("person.invited/1")
        assert entry.facts == {
            "roles": [{"role": "technician", "engagement": None}],
            "teams": [world.teams["c1.desk"].id.hex],
            "by_mail": False,
            "expires_at": "2026-03-09T09:00:00.000000Z",
        }
        assert payload(entry) == {"email": "new.one@c1.example", "name": "New One"}
        assert readers(entry) == {"Alder Hospitals"}
        assert secret not in str(entry.facts) + str(payload(entry))

    def test_goes_by_mail_to_the_address_alone(self, world):
        issued = invited(world, by_mail=True)
        mail = DueWork.objects.get(kind="foundation.mail")
        assert mail.args["to"] == "new.one@c1.example"
        assert issued.link in mail.args["text"]

    def test_accepted_it_makes_a_member_with_roles_and_teams(self, world):
        issued = invited(world)
        with written() as entries:
            person = invitation_accept(
                secret=secret_of(issued.link), name="Nell One", password=PASSWORD, at=LATER + HOUR
            )
        assert (person.email, person.name) == ("new.one@c1.example", "Nell One")
        assert Employment.objects.get(person=person).title == "Desk"
        assert Membership.objects.get(person=person).team == world.teams["c1.desk"]
        grant = Grant.objects.get(person=person)
        assert (grant.role, grant.granted_by_id) == (TECHNICIAN, world.people["c1.cso"].id)
        assert entries.kinds == ["person.joined/1", "grant.given/1", "membership.started/1"]
        assert {entry.actor_id for entry in entries.entries} == {person.id}
        # A link that was handed over proves no address.
        assert EmailAddress.objects.get(user=person).verified is False

    @pytest.mark.req("C29")
    def test_works_once_within_seven_days_and_not_when_withdrawn(self, world):
        used, late, withdrawn = (
            invited(world, email=f"{n}@c1.example", team_ids=[]) for n in ("used", "late", "gone")
        )
        invitation_accept(secret=secret_of(used.link), password=PASSWORD, at=LATER)
        with written() as entries:
            invitation_withdraw(invitation_id=withdrawn.invitation.id, actor=world.actor("c1.cso"), at=LATER)
        assert entries.kinds == ["invitation.withdrawn/1"]
        for link, at in ((used.link, LATER), (late.link, LATER + 7 * DAY), (withdrawn.link, LATER)):
            with refused(NotFound):
                invitation_accept(secret=secret_of(link), password=PASSWORD, at=at)
        for wrong in ("", secret_of(late.link)[:-1], secret_of(late.link).swapcase(), "%"):
            with refused(NotFound):
                invitation_accept(secret=wrong, password=PASSWORD, at=LATER)
        assert [i.email for i in invitation_list(world.actor("c1.cso"), at=LATER)] == ["late@c1.example"]
        with refused(Conflict, "not_open"):
            invitation_withdraw(invitation_id=used.invitation.id, actor=world.actor("c1.cso"), at=LATER)

    @pytest.mark.req("C28")
    def test_an_address_that_is_known_elsewhere_is_invited_as_any_other(self, world):
        with written() as unknown:
            invited(world, email="nobody@p1.example", name="PT", by_mail=True)
        with written() as known:
            issued = invited(world, email="pt@p1.example", name="PT", by_mail=True)
        assert [e.facts for e in unknown.entries] == [e.facts for e in known.entries]
        texts = [
            m.args["text"].rsplit("/invitation/")[0]
            for m in DueWork.objects.filter(kind="foundation.mail").order_by("created_at", "id")
        ]
        assert texts[0] == texts[1]
        with refused(Conflict, "sign_in_first"):
            invitation_accept(secret=secret_of(issued.link), password=PASSWORD, at=LATER)
        person = invitation_accept(secret=secret_of(issued.link), person=world.people["p1.pt"], at=LATER)
        assert person == world.people["p1.pt"]
        names = {hat.organization_name for hat in hats_of(person.id, LATER)}
        assert names == {"Cedar Desk", "Alder Hospitals"}

    def test_is_for_its_address(self, world):
        issued = invited(world)
        with refused(NotAllowed, "other_address"):
            invitation_accept(secret=secret_of(issued.link), person=world.people["p1.pt"], at=LATER)

    def test_offers_only_what_can_be_given(self, world):
        engagement = world.engagements["c1p1"].id
        for role in (OfferedRole("king"), OfferedRole(MANAGER, engagement)):
            with refused(Invalid, field="roles"):
                invited(world, roles=[role])
        with refused(NotFound):
            invited(world, roles=[OfferedRole(TECHNICIAN, world.engagements["c2p1"].id)])
        with refused(Invalid, field="team_ids"):
            invited(world, team_ids=[world.teams["p1.alder"].id])
        with refused(Invalid, field="email"):
            invited(world, email="no address")

    @pytest.mark.parametrize("key", ["c1.ct", "c1.req", "c1.aud", "emb"])
    def test_is_for_leads_to_send(self, world, key):
        with refused(NotAllowed):
            invited(world, actor=world.actor(key))

    def test_a_weak_password_is_refused_and_the_link_stays_good(self, world):
        issued = invited(world)
        with refused(Invalid, field="password"):
            invitation_accept(secret=secret_of(issued.link), password="12345678", at=LATER)
        person = invitation_accept(secret=secret_of(issued.link), password=PASSWORD, at=LATER)
        assert person.check_password(PASSWORD)

    def test_what_has_ended_meanwhile_is_left_out(self, world):
        issued = invited(
            world,
            email="pm2@p1.example",
            actor=world.actor("p1.pm"),
            team_ids=[],
            roles=[OfferedRole(TECHNICIAN, world.engagements["c1p1"].id), OfferedRole(AUDITOR)],
        )
        world.engagements["c1p1"].__class__.objects.filter(pk=world.engagements["c1p1"].pk).update(
            ends_at=LATER
        )
        person = invitation_accept(secret=secret_of(issued.link), password=PASSWORD, at=LATER)
        assert list(Grant.objects.filter(person=person).values_list("role", flat=True)) == [AUDITOR]


def given(world, **changes):
    values = {
        "person_id": world.people["p1.pt"].id,
        "role": TECHNICIAN,
        "engagement_id": world.engagements["c1p1"].id,
        "actor": world.actor("p1.pm"),
        "at": LATER,
    }
    return grant_give(**(values | changes))


class TestGrants:
    def test_is_given_within_the_ceiling_and_told_to_both(self, world):
        with written() as entries:
            grant = given(
                world,
                service_ids=[world.services["c1.printing"].id],
                site_ids=[world.sites["c1.main"].id],
                rights=[READ_IN_SCOPE],
                ends_at=LATER + DAY,
                reason="on call",
            )
        entry = entries.one("grant.given/1")
        assert entry.facts == {
            "engagement": world.engagements["c1p1"].id.hex,
            "person": world.people["p1.pt"].id.hex,
            "role": "technician",
            "services": [world.services["c1.printing"].id.hex],
            "sites": [world.sites["c1.main"].id.hex],
            "rights": ["read_in_scope"],
            "starts_at": "2026-03-02T09:00:00.000000Z",
            "ends_at": "2026-03-03T09:00:00.000000Z",
        }
        assert payload(entry) == {"name": "PT of Cedar Desk", "reason": "on call"}
        assert readers(entry) == {"Alder Hospitals", "Cedar Desk"}
        live = {g.rights for g in world.actor("p1.pt", at=LATER).sight.grants}
        assert frozenset({READ_IN_SCOPE}) in live
        assert grant.ends_at == LATER + DAY
        # Just in time: gone by itself when its time is over.
        assert len(world.actor("p1.pt", at=LATER + DAY).sight.grants) == 1

    @pytest.mark.req("C29")
    def test_never_reaches_above_the_ceiling(self, world):
        with refused(Invalid, "above_ceiling", field="service_ids"):
            given(world, service_ids=[world.services["c1.payroll"].id])
        with refused(Invalid, "above_ceiling", field="rights"):
            given(world, engagement_id=world.engagements["c2p1"].id, rights=[READ_IN_SCOPE])
        engagement_site_add(
            engagement_id=world.engagements["c1p1"].id,
            site_id=world.sites["c1.main"].id,
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        with refused(Invalid, "above_ceiling", field="site_ids"):
            given(world, site_ids=[world.sites["c1.annex"].id])

    def test_a_right_that_the_client_switches_off_is_worth_nothing_at_once(self, world):
        given(world, rights=[READ_IN_SCOPE])
        engagement = world.engagement("c1p1")
        engagement_rights_set(
            engagement_id=engagement.id,
            rights=[],
            version=engagement.version,
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        assert {g.rights for g in world.actor("p1.pt", at=LATER).sight.grants} == {frozenset()}
        assert world.token_actor("p1", at=LATER).sight.grants[0].rights == {"write"}

    @pytest.mark.req("C28")
    def test_each_party_gives_to_its_own_people_only(self, world):
        for who in ("c1.ct", "p2.pt", "p3.pt"):
            with refused(NotFound):
                given(world, person_id=world.people[who].id)
        with refused(NotFound):
            given(world, actor=world.actor("c1.cso"))
        with refused(NotFound):
            given(world, actor=world.actor("p2.pm"))

    def test_nobody_gives_to_themselves(self, world):
        with refused(NotAllowed, "own_grant"):
            given(world, person_id=world.people["p1.pm"].id)

    def test_roles_fit_their_place(self, world):
        with refused(Invalid, field="role"):
            given(world, role="service_owner")
        with refused(Invalid, field="role"):
            given(
                world,
                role=MANAGER,
                person_id=world.people["c1.ct"].id,
                actor=world.actor("c1.cso"),
            )
        with refused(Invalid, field="ends_at"):
            given(world, ends_at=START)
        with refused(Invalid, field="history_until"):
            given(world, history_from=LATER, history_until=START)
        with refused(Invalid, field="engagement_id"):
            given(world, engagement_id=None, rights=[READ_IN_SCOPE])

    def test_only_administrators_make_administrators(self, world):
        grant_give(
            person_id=world.people["c1.ct"].id,
            role="service_owner",
            actor=world.actor("c1.cso"),
            at=LATER,
        )
        with refused(NotAllowed):
            grant_give(
                person_id=world.people["c1.ct2"].id,
                role="administrator",
                actor=world.actor("c1.ct", at=LATER),
                at=LATER,
            )

    @pytest.mark.parametrize("key", ["p1.pt", "p1.pt2"])
    def test_technicians_give_nothing(self, world, key):
        error = NotAllowed if key == "p1.pt" else NotFound
        with refused(error):
            given(world, person_id=world.people["p1.emb"].id, actor=world.actor(key))

    @pytest.mark.req("C29")
    def test_an_end_is_felt_by_the_next_request(self, world):
        grant = Grant.objects.get(person=world.people["p1.pt"])
        with written() as entries:
            grant_end(grant_id=grant.id, actor=world.actor("p1.pm"), at=LATER)
        assert entries.one("grant.ended/1").facts == {
            "engagement": world.engagements["c1p1"].id.hex,
            "holder": world.people["p1.pt"].id.hex,
            "role": "technician",
        }
        assert world.actor("p1.pt", at=LATER).sight.grants == ()
        with refused(Conflict, "already_ended"):
            grant_end(grant_id=grant.id, actor=world.actor("p1.pm"), at=LATER)

    @pytest.mark.req("C29")
    def test_the_client_ends_a_partners_right_with_a_reason(self, world):
        grant = Grant.objects.get(person=world.people["p1.pt"])
        with refused(Invalid, field="reason"):
            grant_end(grant_id=grant.id, actor=world.actor("c1.cso"), at=LATER)
        with written() as entries:
            grant_end(grant_id=grant.id, reason="badge lost", actor=world.actor("c1.cso"), at=LATER)
        entry = entries.one("grant.ended/1")
        assert (payload(entry), readers(entry)) == (
            {"reason": "badge lost"},
            {"Alder Hospitals", "Cedar Desk"},
        )
        with refused(NotAllowed):
            grant_end(
                grant_id=Grant.objects.get(
                    person=world.people["p1.pm"], engagement=world.engagements["c1p1"]
                ).id,
                actor=world.actor("c1.ct"),
                at=LATER,
            )

    @pytest.mark.req("C28")
    def test_others_rights_are_nowhere(self, world):
        foreign = Grant.objects.get(person=world.people["p2.pt"])
        for key in (foreign.id, NEVER):
            with refused(NotFound):
                grant_end(grant_id=key, reason="x", actor=world.actor("p1.pm"), at=LATER)

    def test_an_organization_keeps_one_administrator(self, world):
        grant = Grant.objects.get(person=world.people["c1.cso"], role="administrator")
        with refused(Conflict, "last_administrator"):
            grant_end(grant_id=grant.id, actor=world.actor("c1.cso"), at=LATER)

    def test_are_listed_as_far_as_each_may_read(self, world):
        def held(key):
            page = grant_list(world.actor(key), at=LATER)
            return {(str(g.person) if g.person else getattr(g.token, "name", ""), g.role) for g in page.items}

        assert held("p1.pt") == {("PT of Cedar Desk", "technician")}
        assert held("c1.req") == {("REQ of Alder Hospitals", "requester")}
        assert ("PT of Dogwood Networks", "technician") in held("c1.ct")
        assert held("p2.pm") == {
            ("PM of Dogwood Networks", "administrator"),
            ("PM of Dogwood Networks", "manager"),
            ("PT of Dogwood Networks", "technician"),
            ("Bridge of c1p2", "technician"),
        }
        assert grant_list(world.token_actor("p1"), at=LATER).items == []


class TestLeaving:
    @pytest.mark.req("C29")
    def test_ends_all_access_at_once(self, world):
        person = world.people["p1.pt"]
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        UserSession.objects.create(
            user=person, session_key=client.session.session_key, ip="127.0.0.1", user_agent="x", data={}
        )
        issued = invited(world, email="x@p1.example", actor=world.actor("p1.pm"), team_ids=[])
        Invitation.objects.update(invited_by_id=person.id)
        with written() as entries:
            employment_end(person_id=person.id, reason="new job", actor=world.actor("p1.pm"), at=LATER)
        assert sorted(entries.kinds) == ["grant.ended/1", "person.left/1"]
        entry = entries.one("person.left/1")
        assert (entry.facts, payload(entry), readers(entry)) == (
            {"grants": 1, "teams": 1},
            {"name": "PT of Cedar Desk", "reason": "new job"},
            {"Cedar Desk"},
        )
        assert hats_of(person.id, LATER) == []
        assert world.actor("p1.pt", at=LATER).sight.grants == ()
        assert not Session.objects.filter(session_key=client.session.session_key).exists()
        with pytest.raises(NotFound):
            invitation_accept(secret=secret_of(issued.link), password=PASSWORD, at=LATER)
        assert orphan_grants(world.actor("p1.pm", at=LATER), at=LATER) == []
        with refused(Conflict, "not_employed"):
            employment_end(person_id=person.id, actor=world.actor("p1.pm"), at=LATER)

    @pytest.mark.req("A4", "C29")
    def test_ends_placements_too(self, world):
        with written() as entries:
            employment_end(person_id=world.people["p1.emb"].id, actor=world.actor("p1.pm"), at=LATER)
        assert sorted(entries.kinds) == ["grant.ended/1", "person.left/1", "placement.ended/1"]
        assert readers(entries.one("grant.ended/1")) == {"Alder Hospitals"}
        assert world.actor("emb", at=LATER).organization_id is None

    def test_a_number_is_read_by_whoever_employs_the_person_and_forgotten_with_the_last_of_them(self, world):
        person = world.people["p1.emb"]
        person_phone_set(person_id=person.id, phone="+49895550134", actor=world.actor("p1.pm"), at=LATER)
        with refused(NotFound):
            person_phone_set(person_id=person.id, phone="", actor=world.actor("c1.cso"), at=LATER)
        person_seen(person.id, at=LATER)

        def read(key):
            acting = organization_acting(str(world.organizations[key[:2]].id), "test", LATER)
            kind = next(kind for kind in export_kinds() if kind.name == "people")
            taken = {row["id"]: row["phone"] for row in kind.records(acting, LATER)}
            return person_get(world.actor(key), person.id, at=LATER).row.phone, taken[person.id]

        assert read("p1.pm") == ("+49895550134", "+49895550134")
        assert read("c1.cso") == ("", "")
        second = Employment.objects.create(
            person=person, organization=world.organizations["p2"], starts_at=START
        )
        employment_end(person_id=person.id, actor=world.actor("p1.pm"), at=LATER)
        assert read("p1.pm") == ("", "")
        assert read("p2.pm") == ("+49895550134", "+49895550134")
        assert Presence.objects.filter(person=person).exists()
        employment_end(person_id=person.id, actor=world.actor("p2.pm"), at=LATER)
        assert not Person.objects.exclude(phone="").exists()
        assert not Presence.objects.exists()
        assert Employment.objects.get(pk=second.pk).ends_at == LATER

    @pytest.mark.req("C28")
    def test_only_the_employer_ends_an_employment(self, world):
        with refused(NotFound):
            employment_end(person_id=world.people["p1.pt"].id, actor=world.actor("c1.cso"), at=LATER)
        with refused(Conflict, "not_employed"):
            employment_end(person_id=world.people["p1.emb"].id, actor=world.actor("c1.cso"), at=LATER)
        with refused(NotAllowed):
            employment_end(person_id=world.people["c1.ct2"].id, actor=world.actor("c1.ct"), at=LATER)

    def test_the_last_administrator_stays(self, world):
        with refused(Conflict, "last_administrator"):
            employment_end(person_id=world.people["c1.cso"].id, actor=world.actor("c1.cso"), at=LATER)

    @pytest.mark.req("C29")
    def test_a_right_without_an_employment_is_found(self, world):
        Employment.objects.filter(person=world.people["p1.pt"]).update(ends_at=LATER)
        [orphan] = orphan_grants(world.actor("c1.cso", at=LATER), at=LATER)
        assert orphan.person == world.people["p1.pt"]


class TestPlacements:
    @pytest.mark.req("A4")
    def test_who_is_on_site_now_is_answered_and_ends(self, world):
        site = world.sites["c1.main"]
        actor = world.actor("c1.ct")
        [here] = placed_on_site(actor, at=LATER, site_id=site.id)
        assert (here.person.name, here.employer.name, here.works_on) == (
            "EMB of Cedar Desk",
            "Cedar Desk",
            "Ward rollout",
        )
        assert placed_on_site(actor, at=LATER, site_id=world.sites["c1.annex"].id) == []
        assert world.placement is not None
        with written() as entries:
            placement_end(placement_id=world.placement.id, actor=world.actor("c1.cso"), at=LATER)
        assert entries.kinds == ["grant.ended/1", "placement.ended/1"]
        assert placed_on_site(actor, at=LATER, site_id=site.id) == []
        assert world.actor("emb", at=LATER).sight.grants == ()
        assert world.actor("emb", at=LATER).organization_id is None
        with refused(Conflict, "already_ended"):
            placement_end(placement_id=world.placement.id, actor=world.actor("c1.cso"), at=LATER)

    @pytest.mark.req("A4")
    def test_a_placed_person_sees_as_the_host_and_nothing_of_the_employer(self, world):
        sight = world.actor("emb").sight
        assert (sight.as_host, sight.roles, sight.engagement_ids) == (True, {"technician"}, frozenset())
        assert sight.team_ids == {world.teams["c1.desk"].id}
        seen = set(Team.objects.visible_to(world.actor("emb")).values_list("name", flat=True))
        assert seen == {"c1 desk team", "c1 apps team"}
        names = {row.name for row in people_list(world.actor("emb"), at=LATER).items}
        assert "CT of Alder Hospitals" in names
        assert not {name for name in names if "Cedar" in name} - {"EMB of Cedar Desk"}

    @pytest.mark.req("A4")
    def test_nothing_is_seen_before_the_host_accepts(self, world):
        person = world.people["p1.pt2"]
        placement = placement_propose(
            engagement_id=world.engagements["c1p1"].id,
            person_id=person.id,
            actor=world.actor("p1.pm"),
            at=LATER,
        )
        assert [h.organization_name for h in hats_of(person.id, LATER)] == ["Cedar Desk"]
        for key in ("p1.pm", "c1.ct"):
            with refused(NotAllowed):
                placement_accept(placement_id=placement.id, actor=world.actor(key), at=LATER)
        for key in ("p2.pm", "c2.cso"):
            with refused(NotFound):
                placement_accept(placement_id=placement.id, actor=world.actor(key), at=LATER)
        with refused(Invalid, field="role"):
            placement_accept(
                placement_id=placement.id, role="service_owner", actor=world.actor("c1.cso"), at=LATER
            )
        with refused(Invalid, field="team_ids"):
            placement_accept(
                placement_id=placement.id,
                team_ids=[world.teams["p1.birch"].id],
                actor=world.actor("c1.cso"),
                at=LATER,
            )
        with written() as entries:
            placement_accept(placement_id=placement.id, actor=world.actor("c1.cso"), at=LATER)
        assert entries.kinds == ["placement.accepted/1", "grant.given/1"]
        assert readers(entries.one("grant.given/1")) == {"Alder Hospitals"}
        assert [h.organization_name for h in hats_of(person.id, LATER)] == ["Cedar Desk", "Alder Hospitals"]
        with refused(Conflict, "nothing_proposed"):
            placement_accept(placement_id=placement.id, actor=world.actor("c1.cso"), at=LATER)

    def test_is_proposed_for_own_people_once(self, world):
        values = {"engagement_id": world.engagements["c1p1"].id, "actor": world.actor("p1.pm"), "at": LATER}
        with refused(NotFound):
            placement_propose(person_id=world.people["c1.ct"].id, **values)
        with refused(Conflict, "already_placed"):
            placement_propose(person_id=world.people["p1.emb"].id, **values)
        with refused(Invalid, field="site_id"):
            placement_propose(
                person_id=world.people["p1.pt2"].id, site_id=world.sites["c2.main"].id, **values
            )
        with refused(NotAllowed):
            placement_propose(
                person_id=world.people["c1.ct"].id,
                engagement_id=world.engagements["c1p1"].id,
                actor=world.actor("c1.cso"),
                at=LATER,
            )

    @pytest.mark.req("A4")
    def test_a_placement_ends_by_itself_at_its_time(self, world):
        Placement.objects.update(ends_at=LATER)
        assert world.actor("emb", at=LATER).organization_id is None
        assert placed_on_site(world.actor("c1.ct"), at=LATER) == []

    @pytest.mark.req("A4", "C29")
    def test_a_placement_rests_on_the_employment_behind_it(self, world):
        person = world.people["p1.emb"]
        Employment.objects.filter(person=person).update(ends_at=LATER)
        Employment.objects.create(person=person, organization=world.organizations["p2"], starts_at=LATER)
        assert [h.organization_name for h in hats_of(person.id, LATER)] == ["Dogwood Networks"]


class TestTokens:
    def test_is_shown_once_and_holds_what_it_was_given(self, world):
        with written() as entries:
            made = token_create(
                name="Sync",
                expires_at=LATER + 30 * DAY,
                grants=[TokenGrant(engagement_id=world.engagements["c1p1"].id)],
                actor=world.actor("p1.pm"),
                at=LATER,
            )
        token = IntegrationToken.objects.get(pk=made.token.pk)
        assert token.digest == hashlib.sha256(made.secret.encode()).hexdigest()
        assert (token.hint, made.secret[:3], token.may_write) == (made.secret[-4:], "cs_", False)
        assert entries.kinds == ["token.created/1", "grant.given/1"]
        assert made.secret not in str([(e.facts, payload(e)) for e in entries.entries])
        [listed] = [t for t in token_list(world.actor("p1.pm")) if t.id == token.id]
        assert listed.name == "Sync"

    def test_lives_a_year_at_most_and_reaches_something(self, world):
        values = {"name": "Sync", "actor": world.actor("p1.pm"), "at": LATER}
        reach = [TokenGrant(engagement_id=world.engagements["c1p1"].id)]
        for end in (LATER, LATER + 367 * DAY):
            with refused(Invalid, field="expires_at"):
                token_create(expires_at=end, grants=reach, **values)
        with refused(Invalid, field="grants"):
            token_create(expires_at=LATER + DAY, grants=[], **values)
        with refused(Invalid, field="grants"):
            token_create(expires_at=LATER + DAY, grants=[TokenGrant(role="administrator")], **values)
        with refused(Invalid, "above_ceiling", field="rights"):
            token_create(
                expires_at=LATER + DAY,
                grants=[TokenGrant(engagement_id=world.engagements["c2p1"].id, rights=(READ_IN_SCOPE,))],
                **values,
            )
        with refused(NotFound):
            token_create(
                expires_at=LATER + DAY,
                grants=[TokenGrant(engagement_id=world.engagements["c1p2"].id)],
                **values,
            )

    @pytest.mark.req("C29")
    def test_revoked_it_is_worth_nothing(self, world):
        token = world.tokens["p1"]
        with written() as entries:
            token_revoke(token_id=token.id, actor=world.actor("p1.pm"), at=LATER)
        assert entries.kinds == ["grant.ended/1", "token.revoked/1"]
        assert world.token_actor("p1", at=LATER).organization_id is None
        with refused(Conflict, "already_revoked"):
            token_revoke(token_id=token.id, actor=world.actor("p1.pm"), at=LATER)

    @pytest.mark.req("C28")
    def test_is_each_partys_own(self, world):
        for key in (world.tokens["p1"].id, NEVER):
            with refused(NotFound):
                token_revoke(token_id=key, actor=world.actor("c1.cso"), at=LATER)
        for key in ("p1.pt", "c1.ct", "emb"):
            with pytest.raises(NotAllowed):
                token_create(
                    name="X", expires_at=LATER + DAY, grants=[TokenGrant()], actor=world.actor(key), at=LATER
                )
            assert token_list(world.actor(key)) == []


class TestReading:
    @pytest.mark.req("C28")
    def test_people_are_their_own_organizations(self, world):
        def names(key):
            return {row.name for row in people_list(world.actor(key), at=LATER).items}

        assert names("p2.pt") == {"PM of Dogwood Networks", "PT of Dogwood Networks"}
        assert names("c1.req") == {"REQ of Alder Hospitals"}
        assert "EMB of Cedar Desk" in names("c1.ct")
        assert people_list(world.token_actor("p1"), at=LATER).items == []
        for key in (world.people["p1.pt"].id, NEVER):
            with pytest.raises(NotFound):
                person_get(world.actor("c1.cso"), key, at=LATER)

    def test_people_are_found_and_paged(self, world):
        found = people_list(world.actor("c1.cso"), at=LATER, find="ct2")
        assert [row.name for row in found.items] == ["CT2 of Alder Hospitals"]
        first = people_list(world.actor("c1.cso"), at=LATER, limit=2)
        second = people_list(world.actor("c1.cso"), at=LATER, limit=2, cursor=first.next_cursor)
        assert [row.name for row in (*first.items, *second.items)] == [
            "AUD of Alder Hospitals",
            "CSO of Alder Hospitals",
            "CT of Alder Hospitals",
            "CT2 of Alder Hospitals",
        ]

    def test_rows_take_a_fixed_number_of_queries(self, world, django_assert_num_queries):
        actor = world.actor("c1.cso")
        for limit in (1, 50):
            with django_assert_num_queries(5):
                people_list(actor, at=LATER, limit=limit)

    def test_a_leaver_is_listed_among_those_who_left(self, world):
        employment_end(person_id=world.people["c1.ct2"].id, actor=world.actor("c1.cso"), at=LATER)
        assert "CT2 of Alder Hospitals" not in {
            row.name for row in people_list(world.actor("c1.cso"), at=LATER).items
        }
        [gone] = people_list(world.actor("c1.cso"), at=LATER, left=True).items
        assert (gone.name, gone.left_at) == ("CT2 of Alder Hospitals", LATER)

    def test_teams_to_hand_over_to_are_own_and_offered_ones(self, world):
        def teams(key, *engagements):
            ids = [world.engagements[e].id for e in engagements]
            return {t.name for t in eligible_handover_teams(world.actor(key), ids, at=LATER)}

        assert teams("c1.ct", "c1p1") == {"c1 desk team", "c1 apps team", "p1 alder team"}
        assert teams("c1.ct", "c1p1", "c1p2") == {
            "c1 desk team",
            "c1 apps team",
            "p1 alder team",
            "p2 noc team",
        }
        assert teams("p1.pt", "c1p1") == {"p1 alder team", "p1 birch team", "c1 desk team", "c1 apps team"}
        assert teams("p1.pt", "c1p2") == {"p1 alder team", "p1 birch team"}


def test_an_administrator_alone_sees_no_engagement_content(world):
    grant_give(
        person_id=world.people["c1.req"].id, role="administrator", actor=world.actor("c1.cso"), at=LATER
    )
    Grant.objects.filter(person=world.people["c1.req"], role="requester").delete()
    actor = world.actor("c1.req", at=LATER)
    assert actor.sight.roles == {"administrator"}
    assert Person.objects.visible_to(actor).count() > 1
