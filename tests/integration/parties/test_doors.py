"""The first run, accepting an invitation, and every form of the room's pages, through the browser's door."""

from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.worlds import PASSWORD, World, secret_of

from cosource.foundation import clock
from cosource.parties.models import (
    Engagement,
    Grant,
    IntegrationToken,
    Invitation,
    Membership,
    Organization,
    Person,
    Placement,
    Service,
    Site,
    Skill,
    StageChange,
    Team,
    TransferMilestone,
)
from cosource.parties.services.claims import stand_in_invite
from cosource.parties.services.engagements import engagement_create
from cosource.parties.services.invitations import OfferedRole, person_invite

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def page(name: str, *args: object) -> str:
    return reverse(f"parties:{name}", args=args)


def signed_in(world: World, key: str) -> Client:
    client = Client()
    client.force_login(world.people[key], backend=BACKEND)
    return client


def text(answer) -> str:
    return unescape(answer.content.decode())


def taken(client: Client, address: str, do: str, **values: object):
    """A step that was taken: the reader is sent on."""
    answer = client.post(address, {"do": do, **values})
    assert answer.status_code == 302, text(answer)
    return answer


@pytest.mark.django_db
class TestFirstRun:
    form = {
        "name": "Harbour Health",
        "leads_as": "service_owner",
        "time_zone": "Europe/Berlin",
        "person_name": "Ada Berg",
        "person_email": "ada@harbour.example",
        "password": PASSWORD,
    }

    def test_makes_the_organization_signs_in_and_shows_the_way_on(self):
        client = Client()
        assert client.get("/accounts/login/")["Location"] == page("start")
        assert client.get(page("start")).status_code == 200
        answer = client.post(page("start"), self.form)
        assert (answer.status_code, answer["Location"]) == (302, page("welcome"))
        shown = text(client.get(page("welcome")))
        assert "Harbour Health is here" in shown
        for way in ("/organization/engagements/new/", "/organization/people/invite/", "/import/"):
            assert f'href="{way}"' in shown
        assert Organization.objects.get().name == "Harbour Health"
        assert f'href="{page("welcome")}"' in text(client.get(page("organization")))

    def test_is_there_while_nobody_is_and_then_no_more(self):
        client = Client()
        client.post(page("start"), self.form)
        for method in (Client().get, Client().post):
            assert method(page("start"), self.form).status_code == 404
        assert Organization.objects.count() == 1

    def test_says_what_does_not_fit(self):
        wrong = {"password": "short", "time_zone": "Mars", "person_email": "ada"}
        answer = Client().post(page("start"), self.form | wrong)
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"password", "time_zone", "person_email"}
        for said in ("There is no time zone of this name", "This password is too short"):
            assert text(answer).count(said) == 1
        assert not Organization.objects.exists()

    def test_a_password_like_the_given_address_is_refused_beside_a_wrong_zone(self):
        wrong = {"password": "ada@harbour.example", "time_zone": "Mars"}
        answer = Client().post(page("start"), self.form | wrong)
        assert set(answer.context["form"].errors) == {"password", "time_zone"}
        assert "too similar" in text(answer)


class TestInvitation:
    def invited(self, world: World, email: str = "new@c1.example") -> str:
        at = clock.now()
        issued = person_invite(
            email=email,
            name="New One",
            roles=[OfferedRole("technician")],
            by_mail=False,
            actor=world.actor("c1.cso", at=at),
            at=at,
        )
        return page("invitation", secret_of(issued.link))

    def test_a_new_person_chooses_name_and_password(self, world):
        address, client = self.invited(world), Client()
        shown = client.get(address)
        assert "Work for Alder Hospitals" in text(shown)
        assert shown["Referrer-Policy"] == "strict-origin"
        assert "no-store" in shown["Cache-Control"]
        answer = client.post(address, {"name": "Nell One", "password": PASSWORD})
        assert answer.status_code == 302
        assert Person.objects.get(email="new@c1.example").name == "Nell One"
        assert client.get(page("people")).status_code == 200
        assert Client().get(address).status_code == 404

    def test_a_weak_password_is_told_and_the_link_stays(self, world):
        address = self.invited(world)
        assert Client().post(address, {"name": "N", "password": "abc"}).status_code == 422
        assert Client().get(address).status_code == 200

    def test_the_page_is_the_same_for_a_known_address(self, world):
        pages = [text(Client().get(self.invited(world, e))) for e in ("pt@p1.example", "qq@p1.example")]
        plain = [
            "".join(part for part in p.replace(e, "ADDRESS").split('"') if len(part) < 40)
            for p, e in zip(pages, ("pt@p1.example", "qq@p1.example"), strict=True)
        ]
        assert plain[0] == plain[1]

    def test_who_signs_in_already_accepts_signed_in(self, world):
        address = self.invited(world, "pt@p1.example")
        anonymous = Client()
        assert anonymous.post(address, {"name": "PT", "password": PASSWORD}).status_code == 422
        sent_on = anonymous.get(address, {"sign-in": "1"})
        assert sent_on.status_code == 302
        assert sent_on["Location"].startswith("/accounts/login/?next=/invitation/")
        other = signed_in(world, "p1.pm")
        assert "this invitation is for pt@p1.example" in text(other.get(address))
        assert other.post(address, {}).status_code == 403
        assert signed_in(world, "p1.pt").post(address, {}).status_code == 302

    def test_a_made_up_secret_is_nowhere(self, world):
        assert Client().get(page("invitation", "x" * 43)).status_code == 404

    def test_a_seat_is_taken_as_a_new_party_or_for_ones_own(self, world):
        at = clock.now()
        lead = world.actor("c1.cso", at=at)

        def seat(email: str) -> str:
            engagement = engagement_create(
                name="Telephony", other_name="Fern", own_side="client", actor=lead, at=at
            )
            issued = stand_in_invite(
                engagement_id=engagement.id, email=email, name="F", by_mail=False, actor=lead, at=at
            )
            return page("invitation", secret_of(issued.link))

        new = Client()
        answer = new.post(seat("lead@fern.example"), {"name": "Lea", "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, page("welcome"))
        assert Organization.objects.filter(name="Fern", stand_in=False).count() == 1
        known, address = signed_in(world, "p2.pm"), seat("pm@p2.example")
        assert "for Dogwood Networks" in text(known.get(address))
        own = world.organizations["p2"].id
        assert known.post(address, {"organization": str(own)}).status_code == 302
        assert Engagement.objects.filter(partner=own, name="Telephony").exists()


class TestForms:
    """Each form once, by who may; the services' own tests hold what is refused."""

    def test_of_the_organization(self, world):
        client = signed_in(world, "c1.cso")
        version = world.organization("c1").version
        taken(
            client,
            page("organization"),
            "update",
            version=version,
            name="Alder Hospitals",
            initials="AL",
            time_zone="Europe/Berlin",
            email_domains="alder.example, alder.test",
        )
        assert world.organization("c1").email_domains == ["alder.example", "alder.test"]
        until = (clock.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
        taken(client, page("organization"), "figures", version=version + 1, purpose="planning", until=until)
        stale = client.post(
            page("organization"),
            {"do": "figures", "version": version, "purpose": "planning", "until": until},
        )
        assert stale.status_code == 412
        assert "planning" in text(client.get(page("organization")))

    def test_of_places(self, world):
        client, address = signed_in(world, "c1.cso"), page("places")
        taken(client, address, "add_site", name="c1 depot", time_zone="")
        taken(client, address, "add_service", name="c1 radio")
        taken(client, address, "end_site", id=Site.objects.get(name="c1 depot").id)
        taken(client, address, "end_service", id=Service.objects.get(name="c1 radio").id)
        assert Site.objects.get(name="c1 depot").ended_at is not None
        assert Service.objects.get(name="c1 radio").ended_at is not None

    def test_of_teams(self, world):
        client = signed_in(world, "p1.pm")
        birch = str(world.engagements["c2p1"].id)
        taken(client, page("teams"), "add_team", name="p1 night", engagement_ids=[birch])
        taken(client, page("teams"), "add_skill", name="Zebra")
        team = Team.objects.get(name="p1 night")
        assert [str(o.engagement_id) for o in team.offered_on.all()] == [birch]
        address = page("team", team.id)
        taken(client, address, "rename", id=team.id, was="p1 night", name="p1 late")
        taken(client, address, "add_member", person_id=world.people["p1.pt"].id, leads="on")
        membership = Membership.objects.get(team=team)
        assert membership.leads
        taken(client, address, "end_member", id=membership.id)
        taken(client, address, "offer", engagement_id=world.engagements["c1p1"].id)
        taken(client, address, "withdraw", id=birch)
        assert taken(client, address, "end")["Location"] == page("teams")
        assert client.get(address).status_code == 200

    def test_of_people(self, world):
        client, person = signed_in(world, "c1.cso"), world.people["c1.ct2"]
        skill = Skill.objects.create(organization=world.organizations["c1"], name="Zebra")
        address = page("person", person.id)
        taken(client, address, "give", role="auditor", reason="yearly")
        grant = Grant.objects.get(person=person, role="auditor")
        taken(client, address, "end_grant", id=grant.id)
        taken(client, address, "skill", skill_id=skill.id, level=4)
        assert "Zebra" in text(client.get(address))
        taken(client, address, "leave", reason="moved")
        assert "CT2 of Alder Hospitals" in text(client.get(page("people"), {"left": "1"}))
        assert "CT2 of Alder Hospitals" not in text(client.get(page("people"), {"find": "ct2"}))

    def test_of_invitations(self, world):
        client, address = signed_in(world, "c1.cso"), page("invite")
        values = {
            "name": "New",
            "email": "new@c1.example",
            "roles": ["desk:technician", f"{world.engagements['c1p1'].id}:auditor"],
            "team_ids": [str(world.teams["c1.desk"].id)],
        }
        taken(client, address, "invite", **values, by_mail="mail")
        shown = client.post(address, {"do": "invite", **values, "email": "b@c1.example", "by_mail": "here"})
        assert shown.status_code == 200
        link = text(shown).split('id="link">')[1].split("<")[0]
        assert Client().get(link.removeprefix(settings.BASE_URL)).status_code == 200
        assert "secret" not in text(client.get(address))
        assert secret_of(link) not in text(client.get(address))
        first = Invitation.objects.get(email="new@c1.example")
        taken(client, address, "withdraw", id=first.id)
        assert client.post(address, {"do": "invite", "email": "x"}).status_code == 422

    def test_of_engagements(self, world):
        client = signed_in(world, "c1.cso")
        answer = taken(
            client,
            page("engagement_new"),
            "begin",
            name="Telephony",
            own_side="client",
            other_name="Fern Voice",
            other_time_zone="Europe/Berlin",
            provider_kind="captive",
            stage="managed",
        )
        engagement = Engagement.objects.get(name="Telephony")
        address = page("engagement", engagement.id)
        assert answer["Location"] == address
        assert "Kept by one side: Fern Voice has not taken its seat." in text(client.get(address))
        taken(client, address, "add_service", subject_id=world.services["c1.payroll"].id)
        taken(client, address, "add_site", subject_id=world.sites["c1.main"].id)
        taken(client, address, "end_service", id=world.services["c1.payroll"].id)
        taken(client, address, "end_site", id=world.sites["c1.main"].id)
        engagement.refresh_from_db()
        taken(client, address, "rights", version=engagement.version, rights=["read_in_scope"])
        taken(
            client,
            address,
            "rename",
            version=engagement.version + 1,
            name="Phones",
            initials="FO",
            provider_kind="external",
        )
        taken(client, address, "propose", to_stage="strategic", evidence="Talks.")
        taken(client, address, "answer_stage", id=StageChange.objects.get().id, answer="yes")
        taken(client, address, "add_milestone", name="Cut-over", due_on="2027-01-31")
        milestone = TransferMilestone.objects.get()
        taken(client, address, "report", id=milestone.id, evidence="Done.")
        taken(client, address, "answer_milestone", id=milestone.id, answer="yes")
        taken(client, address, "seat", name="Lea", email="lea@fern.example", by_mail="mail")
        shown = client.post(
            address, {"do": "seat", "name": "Lea", "email": "lea@fern.example", "by_mail": "here"}
        )
        assert 'id="link">' in text(shown)
        assert text(client.get(address)).count("Invited: lea@fern.example") == 2
        first, last = Invitation.objects.filter(email="lea@fern.example").order_by("created_at", "id")
        taken(client, address, "send_again", id=first.id)
        assert 'id="link">' in text(client.post(address, {"do": "send_again", "id": last.id}))
        taken(client, page("invite"), "send_again", id=first.id)
        assert text(client.get(page("invite"))).count('value="withdraw"') == 2
        taken(client, address, "withdraw", id=last.id)
        left = text(client.get(address))
        assert left.count("Invited: lea@fern.example") == 1
        assert left.count('name="do" value="withdraw"') == 1
        engagement.refresh_from_db()
        assert (engagement.name, engagement.initials, engagement.stage) == ("Phones", "FO", "strategic")
        taken(client, address, "end", version=engagement.version, export_days=10)
        assert "ended" in text(client.get(address))
        assert "past" in text(client.get(page("engagements")))

    def test_of_rights(self, world):
        client = signed_in(world, "p1.pm")
        engagement, person = world.engagements["c1p1"], world.people["p1.pt2"]
        address = page("grant_new", engagement.id, person.id)
        answer = taken(
            client,
            address,
            "give",
            role="technician",
            service_ids=[str(world.services["c1.printing"].id)],
            rights=["read_in_scope"],
        )
        assert answer["Location"] == page("person", person.id)
        grant = Grant.objects.get(person=person, engagement=engagement)
        assert grant.rights == ["read_in_scope"]
        taken(client, page("grants"), "end_grant", id=grant.id, reason="over")
        assert "PT2 of Cedar Desk" in text(client.get(page("grants"), {"ended": "1"}))
        assert client.get(page("grant_new", engagement.id, world.people["p2.pt"].id)).status_code == 404

    def test_of_tokens(self, world):
        client, address = signed_in(world, "p1.pm"), page("tokens")
        end = (clock.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
        made = client.post(
            address,
            {
                "do": "create",
                "name": "Sync",
                "expires_at": end,
                "reach": ["desk", str(world.engagements["c1p1"].id)],
                "may_write": "on",
            },
        )
        secret = text(made).split('id="token">')[1].split("<")[0]
        token = IntegrationToken.objects.get(name="Sync")
        assert (secret[-4:], token.grants.count()) == (token.hint, 2)
        assert secret not in text(client.get(address))
        taken(client, address, "revoke", id=token.id)

    def test_a_token_on_its_makers_notices_reaches_the_desk_and_says_so(self, world):
        client, address = signed_in(world, "p1.pm"), page("tokens")
        given = {
            "do": "create",
            "name": "Bell",
            "expires_at": (clock.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"),
            "makers_notices": "on",
        }
        engagement = str(world.engagements["c1p1"].id)
        refused = client.post(address, given | {"reach": [engagement]})
        assert (refused.status_code, "For this it must reach your own desk." in text(refused)) == (422, True)
        assert not IntegrationToken.objects.filter(name="Bell").exists()
        client.post(address, given | {"reach": ["desk", engagement]})
        rights = IntegrationToken.objects.get(name="Bell").grants.values_list("engagement_id", "rights")
        assert dict(rights) == {None: ["makers_notices"], world.engagements["c1p1"].id: []}
        assert "acts on its maker’s notices" in text(client.get(address))

    def test_of_placements(self, world):
        partner, host = signed_in(world, "p1.pm"), signed_in(world, "c1.cso")
        address = page("placements")
        taken(
            partner,
            address,
            "propose",
            engagement_id=world.engagements["c1p1"].id,
            person_id=world.people["p1.pt2"].id,
            site_id=world.sites["c1.annex"].id,
        )
        placement = Placement.objects.get(person=world.people["p1.pt2"])
        assert "Accept" in text(host.get(address))
        taken(
            host,
            address,
            "accept",
            id=placement.id,
            role="technician",
            team_ids=[str(world.teams["c1.apps"].id)],
        )
        assert "PT2 of Cedar Desk" in text(host.get(page("organization")))
        taken(host, address, "end", id=placement.id)
        assert "PT2 of Cedar Desk" in text(partner.get(address, {"past": "1"}))

    def test_of_what_a_keeper_keeps(self, world):
        at = clock.now()
        engagement = engagement_create(
            name="Schools",
            other_name="Gorse",
            own_side="partner",
            actor=world.actor("p2.pm", at=at),
            at=at,
        )
        client, kept = signed_in(world, "p2.pm"), f"?of={engagement.client_id}"
        answer = taken(client, page("places") + kept, "add_service", name="Boards")
        assert answer["Location"] == page("places") + kept
        taken(client, page("teams") + kept, "add_team", name="Caretakers")
        assert Service.objects.get(name="Boards").organization_id == engagement.client_id
        assert Team.objects.get(name="Caretakers").organization_id == engagement.client_id
        assert "Boards" in text(client.get(page("engagement", engagement.id)))
        for wrong in (world.organizations["c1"].id, "nonsense"):
            assert client.get(page("places"), {"of": str(wrong)}).status_code == 404
