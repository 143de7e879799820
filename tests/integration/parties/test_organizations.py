"""Organizations, their sites, services, teams and skills."""

from datetime import timedelta

import pytest
from tests.integration.parties.record import NEVER, payload, readers, refused, written
from tests.worlds import PASSWORD, START

from cosource.foundation.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    StaleVersion,
)
from cosource.foundation.sight import system_actor
from cosource.parties.models import (
    Employment,
    EngagementTeam,
    Grant,
    Membership,
    Organization,
    Person,
    PersonSkill,
    Team,
)
from cosource.parties.services.organizations import (
    organization_create,
    organization_update,
    person_figures_set,
)
from cosource.parties.services.places import service_add, service_end, site_add, site_end
from cosource.parties.services.skills import person_skill_set, skill_add
from cosource.parties.services.teams import (
    membership_add,
    membership_end,
    team_add,
    team_end,
    team_offer,
    team_rename,
    team_withdraw,
)

LATER = START + timedelta(hours=1)
FIRST_RUN = system_actor(reason="first run", channel="page")


def founding(**changes):
    given = {
        "name": "Harbour Health",
        "time_zone": "Europe/Berlin",
        "leads_as": "service_owner",
        "person_name": "Ada Berg",
        "person_email": "Ada@Harbour.example",
        "password": PASSWORD,
        "actor": FIRST_RUN,
        "at": START,
        "only_first": True,
    }
    return given | changes


@pytest.mark.django_db
class TestFirstRun:
    def test_founds_an_organization_with_an_administrator_who_leads_its_desk(self):
        with written() as entries:
            founded = organization_create(**founding())
        organization, person = founded.organization, founded.person
        assert (organization.name, organization.initials, organization.stand_in) == (
            "Harbour Health",
            "HH",
            False,
        )
        assert (person.email, person.check_password(PASSWORD)) == ("ada@harbour.example", True)
        given = {(g.role, g.engagement_id, g.starts_at, g.ends_at) for g in Grant.objects.all()}
        assert given == {
            ("administrator", None, START, None),
            ("service_owner", None, START, None),
        }
        assert Employment.objects.get().person == person
        assert entries.kinds == [
            "organization.created/1",
            "person.joined/1",
            "grant.given/1",
            "grant.given/1",
        ]
        created = entries.entries[0]
        assert (created.subject_id, created.facts, payload(created)) == (
            organization.id,
            {"stand_in": False},
            {"name": "Harbour Health"},
        )
        assert (created.actor_kind, created.channel, created.recorded_at) == ("system", "page", START)
        assert all(readers(entry) == {"Harbour Health"} for entry in entries.entries)

    def test_happens_once(self):
        organization_create(**founding())
        with refused(Conflict, "not_first"):
            organization_create(**founding(name="Second", person_email="b@second.example"))

    def test_is_for_the_system_alone(self, world):
        with refused(NotAllowed):
            organization_create(**founding(actor=world.actor("c1.cso"), only_first=False))

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": "  "}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": "bell\x07"}, "name"),
            ({"time_zone": "Mars/Olympus"}, "time_zone"),
            ({"leads_as": "auditor"}, "leads_as"),
            ({"person_email": "nobody"}, "email"),
            ({"password": "short"}, "password"),
            ({"password": "harbour.example"}, "password"),
        ],
    )
    def test_refuses_what_does_not_fit_and_leaves_nothing_behind(self, change, field):
        if field == "password" and change["password"] == "harbour.example":
            change = {"password": "ada@harbour.example"}
        with refused(Invalid, field=field):
            organization_create(**founding(**change))


class TestOrganization:
    def test_changes_what_it_says_of_itself(self, world):
        before = world.organization("c1")
        with written() as entries:
            after = organization_update(
                version=before.version,
                initials="ah1",
                email_domains=["@Alder.example", "alder.example"],
                actor=world.actor("c1.cso"),
                at=LATER,
            )
        assert (after.initials, after.email_domains, after.version) == (
            "AH1",
            ["alder.example"],
            before.version + 1,
        )
        entry = entries.one("organization.updated/1")
        assert entry.facts == {"version": before.version + 1, "changed": ["email_domains", "initials"]}
        assert payload(entry) == {"initials": "AH1", "email_domains": ["alder.example"]}
        assert readers(entry) == {"Alder Hospitals"}

    def test_a_stale_version_changes_nothing(self, world):
        with refused(StaleVersion):
            organization_update(version=99, name="New", actor=world.actor("c1.cso"), at=LATER)

    @pytest.mark.parametrize("key", ["c1.ct", "c1.req", "c1.aud", "emb", "p1.pt"])
    def test_others_may_not(self, world, key):
        with refused(NotAllowed):
            organization_update(version=1, name="New", actor=world.actor(key), at=LATER)

    def test_another_organization_is_nowhere(self, world):
        for other in ("p1", "c2"):
            with refused(NotFound):
                organization_update(
                    version=1,
                    name="New",
                    organization_id=world.organizations[other].id,
                    actor=world.actor("c1.cso"),
                    at=LATER,
                )

    def test_figures_about_people_are_off_until_purpose_and_end_are_agreed(self, world):
        organization = world.organization("c1")
        assert (organization.person_figures_purpose, organization.person_figures_until) == ("", None)
        until = START + timedelta(days=100)
        with written() as entries:
            on = person_figures_set(
                purpose="shift planning",
                until=until,
                version=organization.version,
                actor=world.actor("c1.cso"),
                at=LATER,
            )
        assert (on.person_figures_purpose, on.person_figures_until) == ("shift planning", until)
        assert entries.one("person_figures.set/1").facts == {
            "on": True,
            "until": "2026-06-10T08:00:00.000000Z",
        }
        off = person_figures_set(
            purpose="", until=None, version=on.version, actor=world.actor("c1.cso"), at=LATER
        )
        assert (off.person_figures_purpose, off.person_figures_until) == ("", None)

    @pytest.mark.parametrize(
        ("purpose", "until", "field"),
        [("planning", None, "until"), ("planning", START, "until"), ("", LATER, "purpose")],
    )
    def test_figures_about_people_need_both_purpose_and_end(self, world, purpose, until, field):
        version = world.organization("c1").version
        with refused(Invalid, field=field):
            person_figures_set(
                purpose=purpose, until=until, version=version, actor=world.actor("c1.cso"), at=LATER
            )


class TestPlaces:
    @pytest.mark.req("A3")
    def test_a_client_has_several_sites_each_with_its_own_zone(self, world):
        with written() as entries:
            site = site_add(
                name=" c1  island ", time_zone="Atlantic/Azores", actor=world.actor("c1.cso"), at=LATER
            )
        assert (site.name, site.time_zone) == ("c1 island", "Atlantic/Azores")
        entry = entries.one("site.added/1")
        assert (entry.subject_id, payload(entry), readers(entry)) == (
            site.id,
            {"name": "c1 island"},
            {"Alder Hospitals"},
        )

    @pytest.mark.req("C28")
    def test_a_name_that_another_party_uses_is_free(self, world):
        assert service_add(name="c1 printing", actor=world.actor("c2.cso"), at=LATER).name == "c1 printing"
        with refused(Invalid, "taken", field="name"):
            service_add(name="c1 printing", actor=world.actor("c1.cso"), at=LATER)

    def test_ends_once_and_keeps_its_past(self, world):
        service, site = world.services["c1.payroll"], world.sites["c1.annex"]
        with written() as entries:
            service_end(service_id=service.id, actor=world.actor("c1.cso"), at=LATER)
            site_end(site_id=site.id, actor=world.actor("c1.cso"), at=LATER)
        service.refresh_from_db()
        assert service.ended_at == LATER
        assert entries.kinds == ["service.ended/1", "site.ended/1"]
        with refused(Conflict, "already_ended"):
            service_end(service_id=service.id, actor=world.actor("c1.cso"), at=LATER)

    def test_the_other_partys_place_is_seen_but_not_ones_to_end(self, world):
        with refused(NotAllowed, "other_party"):
            service_end(service_id=world.services["c1.printing"].id, actor=world.actor("p1.pm"), at=LATER)
        with refused(NotFound):
            service_end(service_id=world.services["c1.payroll"].id, actor=world.actor("p1.pm"), at=LATER)


class TestTeams:
    def test_a_clients_team_works_under_all_its_engagements(self, world):
        with written() as entries:
            team = team_add(name="c1 night", actor=world.actor("c1.cso"), at=LATER)
        assert set(EngagementTeam.objects.filter(team=team).values_list("engagement_id", flat=True)) == {
            world.engagements["c1p1"].id,
            world.engagements["c1p2"].id,
        }
        assert entries.kinds == ["team.added/1", "team.offered/1", "team.offered/1"]
        assert {frozenset(readers(e)) for e in entries.entries} == {
            frozenset({"Alder Hospitals"}),
            frozenset({"Alder Hospitals", "Cedar Desk"}),
            frozenset({"Alder Hospitals", "Dogwood Networks"}),
        }

    @pytest.mark.req("C28", "D21")
    def test_a_partner_of_several_clients_says_for_whom_a_team_works(self, world):
        nobody = team_add(name="p1 both", actor=world.actor("p1.pm"), at=LATER)
        # p1 is itself the client of its subcontractor, who sees the team; its two clients do not learn of each other's.
        assert set(nobody.offered_on.values_list("engagement_id", flat=True)) == {world.engagements["sub"].id}
        team_offer(
            team_id=nobody.id,
            engagement_id=world.engagements["c2p1"].id,
            actor=world.actor("p1.pm"),
            at=LATER,
        )
        seen = {
            key: Team.objects.visible_to(world.actor(key, at=LATER)).filter(pk=nobody.pk).exists()
            for key in ("c1.cso", "c2.cso", "c2.ct", "p2.pm", "c2.req")
        }
        assert seen == {"c1.cso": False, "c2.cso": True, "c2.ct": True, "p2.pm": False, "c2.req": False}

    def test_an_engagement_of_somebody_else_cannot_be_named(self, world):
        with refused(Invalid, field="engagement_ids"):
            team_add(
                name="p1 spy",
                engagement_ids=[world.engagements["c1p2"].id],
                actor=world.actor("p1.pm"),
                at=LATER,
            )

    def test_is_renamed_only_from_the_name_that_was_read(self, world):
        team = world.teams["c1.desk"]
        with written() as entries:
            team_rename(
                team_id=team.id, name="Front desk", was=team.name, actor=world.actor("c1.cso"), at=LATER
            )
        assert payload(entries.one("team.renamed/1")) == {"was": "c1 desk team", "name": "Front desk"}
        with refused(StaleVersion):
            team_rename(team_id=team.id, name="X", was=team.name, actor=world.actor("c1.cso"), at=LATER)
        with refused(Invalid, "taken", field="name"):
            team_rename(
                team_id=team.id, name="c1 apps team", was="Front desk", actor=world.actor("c1.cso"), at=LATER
            )

    def test_ends_with_its_members_and_is_offered_no_more(self, world):
        team = world.teams["p1.alder"]
        with written() as entries:
            team_end(team_id=team.id, actor=world.actor("p1.pm"), at=LATER)
        assert entries.one("team.ended/1").facts == {"members": 1}
        assert world.actor("p1.pt", at=LATER).sight.team_ids == frozenset()
        assert not Team.objects.visible_to(world.actor("c1.cso", at=LATER)).filter(pk=team.pk).exists()
        with refused(Conflict, "team_ended"):
            membership_add(
                team_id=team.id, person_id=world.people["p1.pt"].id, actor=world.actor("p1.pm"), at=LATER
            )

    def test_the_other_partys_team_is_not_ones_to_change(self, world):
        with refused(NotAllowed, "other_party"):
            team_end(team_id=world.teams["p1.alder"].id, actor=world.actor("c1.cso"), at=LATER)
        with refused(NotFound):
            team_end(team_id=world.teams["p1.birch"].id, actor=world.actor("c1.cso"), at=LATER)

    def test_is_withdrawn_from_an_engagement(self, world):
        team, engagement = world.teams["p1.alder"], world.engagements["c1p1"]
        with written() as entries:
            team_withdraw(team_id=team.id, engagement_id=engagement.id, actor=world.actor("p1.pm"), at=LATER)
        assert readers(entries.one("team.withdrawn/1")) == {"Alder Hospitals", "Cedar Desk"}
        assert not Team.objects.visible_to(world.actor("c1.ct", at=LATER)).filter(pk=team.pk).exists()
        with refused(Conflict, "not_offered"):
            team_withdraw(team_id=team.id, engagement_id=engagement.id, actor=world.actor("p1.pm"), at=LATER)

    def test_a_member_joins_and_leaves(self, world):
        person, team = world.people["c1.ct2"], world.teams["c1.desk"]
        with written() as entries:
            membership = membership_add(
                team_id=team.id, person_id=person.id, leads=True, actor=world.actor("c1.cso"), at=LATER
            )
        entry = entries.one("membership.started/1")
        assert entry.facts == {"team": team.id.hex, "person": person.id.hex, "leads": True}
        assert team.id in world.actor("c1.ct2", at=LATER).sight.team_ids
        with refused(Conflict, "already_member"):
            membership_add(team_id=team.id, person_id=person.id, actor=world.actor("c1.cso"), at=LATER)
        membership_end(membership_id=membership.id, actor=world.actor("c1.cso"), at=LATER)
        assert team.id not in world.actor("c1.ct2", at=LATER).sight.team_ids

    @pytest.mark.req("C28")
    def test_only_own_people_join(self, world):
        for key in ("p1.pt", "c2.ct"):
            with refused(NotFound):
                membership_add(
                    team_id=world.teams["c1.desk"].id,
                    person_id=world.people[key].id,
                    actor=world.actor("c1.cso"),
                    at=LATER,
                )

    def test_who_is_in_the_other_partys_team_is_nowhere(self, world):
        membership = Membership.objects.get(person=world.people["p1.pt"])
        for key in (membership.id, NEVER):
            with refused(NotFound):
                membership_end(membership_id=key, actor=world.actor("c1.cso"), at=LATER)


class TestSkills:
    def test_are_named_and_held(self, world):
        skill = skill_add(name="Zebra printers", actor=world.actor("c1.cso"), at=LATER)
        person = world.people["c1.ct"]
        with written() as entries:
            person_skill_set(
                person_id=person.id, skill_id=skill.id, level=3, actor=world.actor("c1.cso"), at=LATER
            )
        assert entries.one("person.skill_set/1").facts == {"skill": skill.id.hex, "level": 3}
        assert PersonSkill.objects.get().level == 3
        person_skill_set(
            person_id=person.id, skill_id=skill.id, level=0, actor=world.actor("c1.cso"), at=LATER
        )
        assert not PersonSkill.objects.exists()
        with refused(Invalid, field="level"):
            person_skill_set(
                person_id=person.id, skill_id=skill.id, level=5, actor=world.actor("c1.cso"), at=LATER
            )
        with refused(Invalid, "taken"):
            skill_add(name="Zebra printers", actor=world.actor("c1.cso"), at=LATER)

    def test_of_another_party_are_nowhere(self, world):
        skill = skill_add(name="Zebra printers", actor=world.actor("c1.cso"), at=LATER)
        with refused(NotFound):
            person_skill_set(
                person_id=world.people["p1.pt"].id,
                skill_id=skill.id,
                level=2,
                actor=world.actor("p1.pm"),
                at=LATER,
            )


def test_the_world_has_nobody_twice(world):
    assert Person.objects.count() == len(world.people)
    assert Organization.objects.filter(stand_in=False).count() == 5
