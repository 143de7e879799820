"""What happens in the world of `tests.worlds` before anybody looks: one of everything that sight decides about.

Every private text holds a word of its own (`scene.marks`), so that finding the word in an answer is finding the text. Built by
the services alone, once a run; `fixtures.scene` puts it in place and rolls back to it.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cosource.agreements.models import AgreementVersion
from cosource.agreements.rules.quick_start import quick_start_text
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.assets.services.assets import asset_add, asset_change
from cosource.assets.services.relations import asset_relate
from cosource.bridges.models import Import
from cosource.bridges.reading.shipped import shipped_text
from cosource.foundation.ids import new_id
from cosource.foundation.models import DueWork, Gateway, Notice, PushSubscription
from cosource.foundation.queries.ledger import readable_streams
from cosource.foundation.rules.notices import Said, effect_digest
from cosource.foundation.services.files import file_bring
from cosource.foundation.services.notices import notify
from cosource.foundation.services.sealing import seal_all
from cosource.foundation.services.verifying import verification_ask
from cosource.foundation.services.webhooks import webhook_add
from cosource.foundation.sight import ADMINISTRATOR, Actor
from cosource.knowledge.services.articles import article_publish, article_write
from cosource.parties.models import Grant
from cosource.parties.services.engagements import engagement_end
from cosource.parties.services.invitations import OfferedRole
from cosource.parties.services.people import person_phone_set
from cosource.parties.services.scope import engagement_service_add
from cosource.tickets.matrix.services.keeping import part_set
from cosource.tickets.models import (
    BulkRun,
    CatalogItem,
    ChangePlan,
    Clock,
    Contact,
    Escalation,
    Freeze,
    MajorIncident,
    SavedView,
    Survey,
)
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.record import load
from cosource.tickets.routing.services.rule_sets import draft_go_live, draft_save
from cosource.tickets.rules.calls import CallRow
from cosource.tickets.services.articles import article_use
from cosource.tickets.services.calls import calls_bring
from cosource.tickets.services.canned import canned_save
from cosource.tickets.services.checklists import checklist_add
from cosource.tickets.services.contacts import contact_add
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.effort import effort_log
from cosource.tickets.services.fields import field_set_add
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.links import ticket_link
from cosource.tickets.services.opening import ticket_open
from cosource.tickets.services.record import audience_of
from cosource.tickets.services.recurring import recurring_add
from cosource.tickets.services.surveys import survey_settings_set
from cosource.tickets.services.templates import template_add
from cosource.tickets.services.views import view_save
from tests.questions_made import questioned
from tests.worlds import World, client_founded, engaged, two_clients_three_partners

# The instant at which everybody looks.
LOOKED_AT = timedelta(days=3)


def mark_of(key: str) -> str:
    """The word that stands in one text and nowhere else."""
    return "zq" + "".join(c for c in key if c.isalnum()) + "qz"


@dataclass
class Scene:
    """The world with a story in it. `tickets`, `entries`, `versions`: ids by key; `now`: when everybody looks."""

    world: World
    clock: datetime
    tickets: dict[str, UUID] = field(default_factory=dict)
    entries: dict[str, UUID] = field(default_factory=dict)
    versions: dict[str, UUID] = field(default_factory=dict)
    extra: dict[str, UUID] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.world.at + LOOKED_AT

    def tick(self) -> datetime:
        self.clock += timedelta(minutes=1)
        return self.clock

    def actor(self, key: str, at: datetime | None = None) -> Actor:
        return self.world.actor(key, at=at or self.clock)

    def open(self, key: str, by: str, **more: Any) -> UUID:
        given: dict[str, Any] = {"title": f"Fault {mark_of(key)}", "text": f"Says {mark_of(key + 'text')}."}
        if "service" in more:
            given["service_id"] = self.world.services[more.pop("service")].id
        if "team" in more:
            given["team_id"] = self.world.teams[more.pop("team")].id
        if "requester" in more:
            given["requester_id"] = self.world.people[more.pop("requester")].id
        self.tickets[key] = ticket_open(actor=self.actor(by), at=self.tick(), **(given | more)).id
        return self.tickets[key]

    def give(self, key: str, *, by: str, team: str, taker: str) -> None:
        ticket_hand_over(
            ticket_id=self.tickets[key],
            to_team_id=self.world.teams[team].id,
            reason="skill",
            text=f"Please {mark_of(key + team)}.",
            actor=self.actor(by),
            at=self.tick(),
        )
        handover_accept(ticket_id=self.tickets[key], actor=self.actor(taker), at=self.tick())

    def bring(self, name: str, *, by: str) -> UUID:
        """A file that waits for its message; words of its own stand in it and in its name."""
        content = io.BytesIO(f"Holds {mark_of(name + 'content')}.".encode())
        row = file_bring(
            source=content, name=f"{mark_of(name + 'name')}.txt", actor=self.actor(by), at=self.tick()
        )
        self.extra[f"file{name}"] = row.id
        return row.id

    def say(
        self,
        name: str,
        key: str,
        *,
        by: str,
        to: tuple[str, ...],
        requester: bool = False,
        with_file: bool = False,
    ) -> UUID:
        self.entries[name] = ticket_reply(
            ticket_id=self.tickets[key],
            text=f"Word {mark_of(name)}.",
            party_ids=[self.world.organizations[o].id for o in to],
            with_requester=requester,
            wider_confirmed=True,
            file_ids=[self.bring(name, by=by)] if with_file else [],
            actor=self.actor(by),
            at=self.tick(),
        )
        return self.entries[name]

    def propose(
        self, name: str, *, by: str, engagement: str | None, tabled: bool, signed_by: str | None = None
    ) -> AgreementVersion:
        """Write a version; with `signed_by` both parties give their word to it."""
        at = self.tick()
        text = quick_start_text(f"Terms {mark_of(name)}", at.date(), "Europe/Berlin")
        version = version_propose(
            engagement_id=self.world.engagements[engagement].id if engagement else None,
            text=text,
            actor=self.actor(by),
            at=at,
            tabled=tabled,
        )
        self.versions[name] = version.id
        if signed_by is not None:
            for person in dict.fromkeys((by, signed_by)):
                version = version_confirm(
                    version_id=version.id, digest=version.digest, actor=self.actor(person), at=self.tick()
                )
        return version


def scene_built() -> Scene:
    """Build the world and its story, sealed to the last entry."""
    world = two_clients_three_partners()
    scene = Scene(world, world.at)
    _more_people(scene)
    _agreements_in_force(scene)
    _ended_engagements(scene)
    _tickets(scene)
    _links(scene)
    _bulk(scene)
    _checklists(scene)
    _efforts(scene)
    _contacts(scene)
    _calls(scene)
    _surveys(scene)
    _notes(scene)
    _agreements_in_the_making(scene)
    _articles(scene)
    _assets(scene)
    _lists_and_files(scene)
    seal_all()
    return scene


def _more_people(scene: Scene) -> None:
    """An administrator without a business role at a client, and the same at a house of its own: who runs the machines."""
    world = scene.world
    world.hire("c1.adm", by="c1.cso", roles=[OfferedRole(ADMINISTRATOR)])
    client_founded(world, "ops", "Fir Hosting")
    operator = world.hire("ops.adm", by="ops.cso", roles=[OfferedRole(ADMINISTRATOR)])
    assert set(Grant.objects.filter(person=operator).values_list("role", flat=True)) == {ADMINISTRATOR}


def _agreements_in_force(scene: Scene) -> None:
    scene.propose("deskterms", by="c1.cso", engagement=None, tabled=True, signed_by="c1.cso")
    scene.propose("c1p1signed", by="c1.cso", engagement="c1p1", tabled=True, signed_by="p1.pm")
    scene.propose("c1p2signed", by="c1.cso", engagement="c1p2", tabled=True, signed_by="p2.pm")
    scene.propose("c2p1signed", by="c2.cso", engagement="c2p1", tabled=True, signed_by="p1.pm")


def _ended_engagements(scene: Scene) -> None:
    """p3 worked for c1 twice: the record of the second time may still be taken out, that of the first no longer."""
    world = scene.world
    for key, export_days in (("c1p3gone", 0), ("c1p3over", 60)):
        engaged(world, key, client="c1", partner="p3", name=key, partner_name="Elm Print")
        engagement = world.engagement(key)
        engagement_service_add(
            engagement_id=engagement.id,
            service_id=world.services["c1.payroll"].id,
            actor=scene.actor("c1.cso"),
            at=scene.tick(),
        )
        scene.open(key, by="c1.ct", service="c1.payroll", requester="c1.req")
        engagement = world.engagement(key)
        engagement_end(
            engagement_id=engagement.id,
            version=engagement.version,
            export_days=export_days,
            actor=scene.actor("c1.cso"),
            at=scene.tick(),
        )
        world.engagements[key] = world.engagement(key)


def _tickets(scene: Scene) -> None:
    asked: dict[str, Any] = {"requester": "c1.req"}
    printing: dict[str, Any] = {"service": "c1.printing"} | asked
    scene.open("assigned", by="c1.ct", **printing)
    scene.give("assigned", by="c1.ct", team="p1.alder", taker="p1.pt")
    scene.open("unasked", by="c1.ct", service="c1.printing")
    scene.give("unasked", by="c1.ct", team="p1.alder", taker="p1.pt")
    scene.open("scope", by="c1.ct", **printing)
    scene.open("other", by="c1.ct", service="c1.network", **asked)
    scene.give("other", by="c1.ct", team="p2.noc", taker="p2.pt")
    scene.open("uncovered", by="c1.ct", **asked)
    scene.open("internal", by="c1.cso", internal=True, team="c1.apps", **printing)
    scene.open("internalmine", by="c1.cso", internal=True, team="c1.desk", **printing)
    scene.open("joint", by="c1.ct", **printing)
    scene.give("joint", by="c1.ct", team="p2.noc", taker="p2.pt")
    scene.give("joint", by="c1.cso", team="p1.alder", taker="p1.pt")
    # Two partners on one ticket that don't know of each other.
    scene.open("aside", by="c1.ct", **printing)
    scene.give("aside", by="c1.ct", team="p2.noc", taker="p2.pt")
    scene.open("sub", by="c1.ct", **printing)
    scene.give("sub", by="c1.ct", team="p1.alder", taker="p1.pt")
    scene.give("sub", by="p1.pt", team="p3.repairs", taker="p3.ptsub")
    scene.open("c2shared", by="c2.ct", service="c2.stations", requester="c2.req")
    scene.give("c2shared", by="c2.ct", team="p1.birch", taker="p1.pt2")
    scene.open("c2scope", by="c2.ct", service="c2.stations")
    scene.open("c2own", by="c2.ct", requester="c2.req")
    scene.open("c2p3", by="c2.ct", service="c2.tickets")
    scene.give("c2p3", by="c2.ct", team="p3.print", taker="p3.pt")


def _efforts(scene: Scene) -> None:
    """Time that somebody of each party wrote down."""
    for name, by, ticket in (
        ("effortp1", "p1.pt", "assigned"),
        ("effortp2", "p2.pt", "joint"),
        ("effortc1", "c1.ct", "assigned"),
        ("effortc2", "c2.ct", "c2own"),
        ("effortunasked", "p1.pt", "unasked"),
        ("effortother", "p2.pt", "other"),
    ):
        scene.extra[name] = effort_log(
            ticket_id=scene.tickets[ticket],
            day=scene.clock.date(),
            minutes=30,
            activity="remote",
            text=f"Did {mark_of(name)}.",
            actor=scene.actor(by),
            at=scene.tick(),
        ).id


def _contacts(scene: Scene) -> None:
    """A call about a ticket with partner 1, and a person whose number their own desk knows."""
    ticket = scene.tickets["assigned"]
    contact_add(
        ticket_id=ticket,
        text=f"They called again: {mark_of('contact')}.",
        actor=scene.actor("c1.ct"),
        at=scene.tick(),
    )
    scene.extra["contact"] = Contact.objects.get(ticket_id=ticket).id
    scene.extra["caller"] = scene.world.people["c1.ct2"].id
    person_phone_set(
        person_id=scene.extra["caller"], phone="+49895550134", actor=scene.actor("c1.cso"), at=scene.tick()
    )


def _calls(scene: Scene) -> None:
    """Calls that a telephone system counted: at client 1's own desk, and under two engagements."""
    for key, by, engagement in (("c1", "c1.cso", None), ("c1p1", "p1.pm", "c1p1"), ("c2p1", "p1.pm", "c2p1")):
        at = scene.tick()
        scene.extra[f"calls{key}"] = calls_bring(
            rows=[CallRow("1", at, at)],
            source=f"PBX {mark_of(f'calls{key}')}",
            engagement_id=scene.world.engagements[engagement].id if engagement else None,
            actor=scene.actor(by),
            at=at,
        ).load_id


def _surveys(scene: Scene) -> None:
    """A question on a ticket with partner 1, answered, and what client 1 settled of such questions."""
    survey_settings_set(
        active=False, every_days=47, own_only=False, actor=scene.actor("c1.cso"), at=scene.tick()
    )
    record = load(scene.tickets["assigned"], scene.actor("c1.cso"))
    readers = {record.ticket.owner_id, scene.world.organizations["p1"].id}
    scene.extra["survey"] = Survey.objects.create(
        id=new_id(),
        ticket=record.ticket,
        organization_id=record.ticket.owner_id,
        person_id=record.ticket.requester_id,
        audience_id=audience_of(record, readers, with_requester=True),
        asked_at=scene.clock,
        score=4,
        answered_at=scene.clock,
    ).id


def _checklists(scene: Scene) -> None:
    """A point of each party's own list."""
    for name, by, ticket in (
        ("pointc1", "c1.ct", "assigned"),
        ("pointp1", "p1.pt", "assigned"),
        ("pointc2", "c2.ct", "c2own"),
        ("pointunasked", "c1.ct", "unasked"),
        ("pointother", "p2.pt", "other"),
    ):
        [scene.extra[name]] = checklist_add(
            ticket_id=scene.tickets[ticket],
            texts=[f"Do {mark_of(name)}"],
            actor=scene.actor(by),
            at=scene.tick(),
        )


def _bulk(scene: Scene) -> None:
    """A step with several tickets that somebody took."""
    for name, key in (("bulkct", "c1.ct"), ("bulkpt", "p1.pt")):
        scene.extra[name] = BulkRun.objects.create(
            organization=scene.world.organizations[key[:2]],
            by_id=scene.world.people[key].id,
            action="assign",
            ticket_ids=[scene.tickets["assigned"].hex],
            results=[[scene.tickets["assigned"].hex, "done", "", {}]],
            state=BulkRun.State.DONE,
            created_at=scene.tick(),
            finished_at=scene.clock,
        ).id


def _links(scene: Scene) -> None:
    """One between tickets that partner 1 sees both, one of which it sees one end, one of partner 2, one at client 2."""
    for name, by, one, other in (
        ("linkboth", "c1.ct", "assigned", "joint"),
        ("linkoneend", "c1.ct", "assigned", "uncovered"),
        ("linkother", "c1.ct", "other", "joint"),
        ("linkunasked", "c1.ct", "unasked", "uncovered"),
        ("linkc2", "c2.ct", "c2shared", "c2own"),
    ):
        scene.extra[name] = ticket_link(
            ticket_id=scene.tickets[one],
            other_id=scene.tickets[other],
            kind="related",
            actor=scene.actor(by),
            at=scene.tick(),
        )


def _notes(scene: Scene) -> None:
    scene.say("reply", "assigned", by="p1.pt", to=("c1", "p1"), requester=True, with_file=True)
    scene.say("sharednote", "assigned", by="c1.ct", to=("c1", "p1"))
    scene.say("clientnote", "assigned", by="c1.ct", to=("c1",), with_file=True)
    scene.say("partnernote", "assigned", by="p1.pt", to=("p1",), with_file=True)
    scene.say("jointreply", "joint", by="c1.ct", to=("c1", "p1", "p2"), requester=True)
    scene.say("jointnote", "joint", by="c1.ct", to=("c1", "p1", "p2"))
    scene.say("jointwithp1", "joint", by="c1.ct", to=("c1", "p1"), with_file=True)
    scene.say("jointwithp2", "joint", by="p2.pt", to=("c1", "p2"))
    scene.say("jointp1own", "joint", by="p1.pt", to=("p1",))
    scene.say("jointp2own", "joint", by="p2.pt", to=("p2",))
    scene.say("asidewithp2", "aside", by="c1.ct", to=("c1", "p2"))
    scene.say("subnote", "sub", by="p3.ptsub", to=("c1", "p1", "p3"))
    scene.say("c2note", "c2shared", by="p1.pt2", to=("c2", "p1"))
    scene.say("c2partnernote", "c2shared", by="p1.pt2", to=("p1",))


def _agreements_in_the_making(scene: Scene) -> None:
    scene.propose("clientdraft", by="c1.cso", engagement="c1p1", tabled=False)
    scene.propose("partnerdraft", by="p1.pm", engagement="c1p1", tabled=False)
    scene.propose("tabled", by="c1.cso", engagement="c1p1", tabled=True)
    scene.propose("othertabled", by="c1.cso", engagement="c1p2", tabled=True)


def _articles(scene: Scene) -> None:
    """Articles of every kind, and which of them helped with a ticket."""
    c1p1, c1p2, c2p1 = (scene.world.engagements[key].id for key in ("c1p1", "c1p2", "c2p1"))
    for name, by, publish, more in (
        ("artclientdraft", "c1.ct", False, {}),
        ("artpartnerdraft", "p1.pt", False, {"engagement_id": c1p1}),
        ("artclientown", "c1.ct", True, {}),
        ("artforall", "c1.ct", True, {"for_requesters": True}),
        ("artwithp1", "p1.pt", True, {"engagement_id": c1p1}),
        ("artwithp2", "c1.cso", True, {"engagement_id": c1p2}),
        ("artknowhow", "p1.pt", True, {}),
        ("artshown", "p1.pm", True, {"shown_in": [c1p1]}),
        ("artshownc2", "p1.pm", True, {"shown_in": [c2p1]}),
        ("artc2", "c2.ct", True, {"for_requesters": True}),
    ):
        article = article_write(
            title=f"How {mark_of(name)}",
            text=f"Does {mark_of(name + 'text')}.",
            actor=scene.actor(by),
            at=scene.tick(),
            **more,
        )
        scene.extra[name] = article.id
        if publish:
            article_publish(article_id=article.id, actor=scene.actor(by), at=scene.tick())
    for name, by in (("artclientown", "c1.ct"), ("artwithp1", "p1.pt"), ("artknowhow", "p1.pt")):
        article_use(
            ticket_id=scene.tickets["assigned"],
            article_id=scene.extra[name],
            actor=scene.actor(by),
            at=scene.tick(),
        )


def _assets(scene: Scene) -> None:
    """Assets of both clients, covered, shown or neither, all of client 1's on one that nobody covers."""
    world = scene.world
    for name, by, more in (
        ("assetcovered", "c1.ct", {"service_id": world.services["c1.printing"].id}),
        ("assetother", "c1.ct", {"service_id": world.services["c1.network"].id}),
        ("assetown", "c1.ct", {"service_id": world.services["c1.payroll"].id}),
        ("assetused", "c1.ct", {"used_by_id": world.people["c1.req"].id}),
        ("assetshown", "c1.ct", {}),
        ("assetc2", "c2.ct", {"service_id": world.services["c2.stations"].id}),
        ("assetc2own", "c2.ct", {}),
    ):
        asset = asset_add(name=mark_of(name), kind="hardware", actor=scene.actor(by), at=scene.tick(), **more)
        scene.extra[name] = asset.id
    asset_change(
        asset_id=scene.extra["assetshown"],
        changes={"shared_in": [world.engagements["c1p1"].id]},
        actor=scene.actor("c1.cso"),
        at=scene.tick(),
    )
    for name in ("assetcovered", "assetother", "assetused", "assetshown", "assetc2"):
        relation = asset_relate(
            asset_id=scene.extra[name],
            kind="runs_on",
            other_id=scene.extra["assetc2own" if name == "assetc2" else "assetown"],
            actor=scene.actor("c2.ct" if name == "assetc2" else "c1.ct"),
            at=scene.tick(),
        )
        scene.extra[f"relation{name}"] = relation.id
    for key, by in (("c1", "c1.cso"), ("p1", "p1.pm")):
        scene.extra[f"inventory{key}"] = Import.objects.create(
            owner=scene.world.organizations[key],
            of=Import.Of.ASSETS,
            started_by_id=scene.world.people[by].id,
            file_name=f"{mark_of(f'inventory{key}')}.csv",
            mapping_name="house",
            mapping_digest="0" * 64,
            mapping_text=shipped_text("netbox", "asset_mappings"),
            source_name="house",
            state=Import.State.DONE,
            position=1,
            created_at=scene.tick(),
        ).id


def _matrix(scene: Scene) -> None:
    """Both parts of one engagement's escalation matrix."""
    for engagement, side, by in (("c1p1", "client", "c1.cso"), ("c1p1", "partner", "p1.pm")):
        contact = {"is": "contact", "name": mark_of(f"matrix{side}"), "phone": "+4930123456"}
        scene.extra[f"matrix{side}"] = part_set(
            engagement_id=scene.world.engagements[engagement].id,
            side=side,
            document=[{"who": [contact]}],
            actor=scene.actor(by),
            at=scene.tick(),
            expected_version=None,
        ).id


def _lists_and_files(scene: Scene) -> None:
    """Lists that somebody saved, and files that were brought in."""
    for name, by, shared, engagement in (
        ("viewofct", "c1.ct", SavedView.Shared.ME, None),
        ("viewofteam", "c1.ct", SavedView.Shared.TEAM, None),
        ("viewofclient", "c1.cso", SavedView.Shared.ORGANIZATION, None),
        ("viewofboth", "c1.cso", SavedView.Shared.ENGAGEMENT, "c1p1"),
        ("viewofpartner", "p1.pm", SavedView.Shared.ORGANIZATION, None),
    ):
        scene.extra[name] = view_save(
            name=f"List {mark_of(name)}",
            filters=TicketFilter(order="newest"),
            shared=shared,
            engagement_id=scene.world.engagements[engagement].id if engagement else None,
            team_id=scene.world.teams["c1.desk"].id if shared == SavedView.Shared.TEAM else None,
            actor=scene.actor(by),
            at=scene.tick(),
        ).id
    for key, by, team in (("c1", "c1.cso", "c1.desk"), ("p1", "p1.pm", "p1.alder")):
        named = {
            "name": f"Rule {mark_of(f'rules{key}')}",
            "then": {"teams": [scene.world.teams[team].id.hex]},
        }
        draft_save(document=[named], actor=scene.actor(by), at=scene.tick())
        scene.extra[f"rules{key}"] = draft_go_live(actor=scene.actor(by), at=scene.tick()).id
    for key, by, of_team in (("c1", "c1.cso", ""), ("p1", "p1.pm", ""), ("p1birch", "p1.pm", "p1.birch")):
        scene.extra[f"ready{key}"] = canned_save(
            title=f"Ready {mark_of(f'ready{key}')}",
            text="{reference}: we are at it.",
            team_id=scene.world.teams[of_team].id if of_team else None,
            actor=scene.actor(by),
            at=scene.tick(),
        ).id
    for key, by in (("c1", "c1.cso"), ("p1", "p1.pm")):
        scene.extra[f"template{key}"] = template_add(
            values={"name": f"Template {mark_of(f'template{key}')}", "checklist": "Look"},
            actor=scene.actor(by),
            at=scene.tick(),
        ).id
        scene.extra[f"fields{key}"] = field_set_add(
            values={
                "name": f"Fields {mark_of(f'fields{key}')}",
                "form": "Number | number",
                "internal": True,
            },
            actor=scene.actor(by),
            at=scene.tick(),
        ).id
        scene.extra[f"recurring{key}"] = recurring_add(
            values={
                "name": f"Recurring {mark_of(f'recurring{key}')}",
                "template_id": scene.extra[f"template{key}"],
                "rule": "every month on the 1st at 08:00",
            },
            actor=scene.actor(by),
            at=scene.tick(),
        ).id
    _matrix(scene)
    for key, by in (("c1p1", "p1.pm"), ("c1p2", "p2.pm"), ("c2p1", "p1.pm")):
        scene.extra[f"question{key}"] = _questioned(scene, key, by)
    for key in ("c1", "c2"):
        # As one stands after it is done; the files themselves matter to nobody here.
        scene.extra[f"import{key}"] = Import.objects.create(
            owner=scene.world.organizations[key],
            started_by_id=scene.world.people[f"{key}.cso"].id,
            file_name=f"{mark_of(f'import{key}')}.csv",
            mapping_name="house",
            mapping_digest="0" * 64,
            mapping_text=shipped_text("servicenow-audit"),
            source_name="house",
            state=Import.State.DONE,
            created_at=scene.tick(),
        ).id
        scene.extra[f"work{key}"] = _parked(scene, key)
    scene.extra["workp1"] = _parked(scene, "p1")
    for key, by in (("c1", "c1.cso"), ("p1", "p1.pm")):
        scene.extra[f"webhook{key}"] = webhook_add(
            name=mark_of(f"webhook{key}"),
            url="https://hooks.example.org/in",
            shape="plain",
            kinds=[],
            actor=scene.actor(by),
            at=scene.tick(),
        )[0].id
    for key, person in (("c1", "c1.ct"), ("p1", "p1.pm")):
        scene.extra[f"browser{key}"] = PushSubscription.objects.create(
            person_id=scene.world.people[person].id,
            address=f"https://push.example.org/{key}",
            address_digest=key * 32,
            key="k",
            secret="s",
            created_at=scene.tick(),
        ).id
        scene.extra[f"gateway{key}"] = Gateway.objects.create(
            organization_id=scene.world.organizations[key].id,
            way="sms",
            url="https://sms.example.org/send",
            body="{}",
            created_at=scene.tick(),
        ).id
    MajorIncident.objects.bulk_create(
        MajorIncident(ticket_id=pk, declared_at=scene.now) for pk in set(scene.tickets.values())
    )
    ChangePlan.objects.bulk_create(
        ChangePlan(ticket_id=pk, starts_at=scene.now, ends_at=scene.now + timedelta(hours=2))
        for pk in set(scene.tickets.values())
    )
    _offered_and_frozen(scene)
    for key in ("assigned", "other", "unasked", "c2shared"):
        scene.extra[f"escalation{key}"] = _escalated(scene, scene.tickets[key])
    for name, key, person in (
        ("noticept", "assigned", "p1.pt"),
        ("noticect", "scope", "c1.ct"),
        ("noticecso", "scope", "c1.cso"),
    ):
        scene.extra[name] = _told(scene, name, scene.tickets[key], person)
    for key, by in (("c1check", "c1.cso"), ("p1check", "p1.pm")):
        actor = scene.actor(by)
        scene.extra[key] = verification_ask(
            streams=readable_streams(actor), heads=None, actor=actor, at=scene.tick()
        )


def _offered_and_frozen(scene: Scene) -> None:
    for name, key, service, asked in (
        ("itemforall", "c1", None, True),
        ("itemofdesk", "c1", "c1.printing", False),
        ("itemc2", "c2", None, True),
    ):
        scene.extra[name] = CatalogItem.objects.create(
            organization=scene.world.organizations[key],
            name=mark_of(name),
            service=scene.world.services[service] if service else None,
            for_requesters=asked,
            created_at=scene.now,
        ).id
    for name, key, shared in (
        ("freezeshared", "c1", True),
        ("freezeown", "c1", False),
        ("freezec2", "c2", True),
    ):
        scene.extra[name] = Freeze.objects.create(
            organization=scene.world.organizations[key],
            name=mark_of(name),
            starts_at=scene.now,
            ends_at=scene.now + timedelta(days=400),
            shared=shared,
            created_at=scene.now,
        ).id


def _escalated(scene: Scene, ticket_id: UUID) -> UUID:
    """A step that came on the partner's clock, told to the partner alone."""
    clock = Clock.objects.filter(ticket_id=ticket_id, engagement__isnull=False).order_by("id")[0]
    assert clock.engagement is not None
    return Escalation.objects.create(
        ticket_id=ticket_id,
        clock=clock,
        step=1,
        notify="team",
        due_at=scene.now,
        raised_at=scene.now,
        party=clock.engagement.partner,
    ).id


def _told(scene: Scene, name: str, ticket_id: UUID, person: str) -> UUID:
    """Tell one person of a ticket, with a word of its own in what is said."""
    person_id = scene.world.people[person].id
    notify(
        effect_key=name,
        person_ids=[person_id],
        kind="ticket.assigned",
        subject_kind="ticket",
        subject_id=ticket_id,
        url=f"/tickets/{ticket_id}/",
        words=Said("Told %(of)s", (("of", mark_of(name)),)),
        at=scene.tick(),
        organization_id=scene.world.organizations[person.partition(".")[0]].id,
    )
    return Notice.objects.get(effect_key=effect_digest(name), person_id=person_id).id


def _questioned(scene: Scene, key: str, by: str) -> UUID:
    text = f"Asks {mark_of(f'question{key}')}."
    engagement = scene.world.engagements[key]
    return questioned(engagement, actor=scene.actor(by), at=scene.tick(), text=text).id


def _parked(scene: Scene, organization: str) -> UUID:
    """Work of an organization that failed for good, with a word of its own in the reason."""
    at = scene.tick()
    return DueWork.objects.create(
        kind="foundation.mail",
        state=DueWork.State.PARKED,
        message=f"Refused {mark_of(f'work{organization}')}",
        owner_organization_id=scene.world.organizations[organization].id,
        due_at=at,
        created_at=at,
        finished_at=at,
    ).id


__all__ = ["LOOKED_AT", "Scene", "mark_of", "scene_built"]
