"""What each object of the table is in the scene, and through which channels it can be met.

Written beside the table, from the same text; nothing here asks the product who may see what.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from cosource.agreements.models import AgreementVersion
from cosource.assets.models import Asset
from cosource.assets.queries.assets import asset_find
from cosource.bridges.models import Import
from cosource.foundation import clock
from cosource.foundation.models import DueWork, Notice, StoredFile, WebhookEndpoint
from cosource.knowledge.models import Article
from cosource.knowledge.queries.articles import ArticleFilter, article_list
from cosource.metrics.models import FigureQuestion
from cosource.parties.models import Engagement, Grant, IntegrationToken, Organization, Person, Placement, Team
from cosource.tickets.models import (
    BulkRun,
    CallLoad,
    CannedReply,
    CatalogItem,
    ChecklistItem,
    Contact,
    Effort,
    Escalation,
    FieldSet,
    Freeze,
    MatrixPart,
    RecurringTicket,
    RoutingRules,
    SavedView,
    Survey,
    SurveySettings,
    Ticket,
    TicketLink,
    TicketTemplate,
)
from cosource.tickets.queries.calling import callers_found
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from tests.access.reader import Reader
from tests.access.scene import Scene, mark_of

type Key = tuple[str, str, str]
# A channel answers whether the reader meets the thing there; None where the reader has no such door.
type Channel = Callable[[Reader], bool | None]

TICKETS = {
    ("with partner 1", "asked for"): "assigned",
    ("with partner 1", "not asked for"): "unasked",
    ("with the client's desk", "in scope"): "scope",
    ("with partner 2", "another engagement"): "other",
    ("without a service", "nobody's scope"): "uncovered",
    ("internal", "another team's"): "internal",
    ("internal", "my team's"): "internalmine",
    ("with partner 1", "joint with partner 2"): "joint",
    ("with partner 2", "partner 1 beside"): "aside",
    ("with a subcontractor", "partner 1's"): "sub",
    ("of client 2", "with partner 1"): "c2shared",
    ("of client 2", "in partner 1's scope"): "c2scope",
    ("of client 2", "its own"): "c2own",
    ("of client 2", "with partner 3"): "c2p3",
    ("of an ended engagement", "may be taken out"): "c1p3over",
    ("of an ended engagement", "over for good"): "c1p3gone",
}
# Who stands for a role where another engagement is meant.
IN_THE_ROLE_OF = {
    "c1p3over": {"PM": "p3.pm", "PT": "p3.ptsub"},
    "c1p3gone": {"PM": "p3.pm", "PT": "p3.ptsub"},
}
ENTRIES = {
    ("reply", "on a ticket with partner 1", ""): ("reply", "assigned"),
    ("reply", "on a joint ticket", ""): ("jointreply", "joint"),
    ("shared note", "on a ticket with partner 1", ""): ("sharednote", "assigned"),
    ("shared note", "on a joint ticket", "to all"): ("jointnote", "joint"),
    ("shared note", "on a joint ticket", "to partner 1"): ("jointwithp1", "joint"),
    ("shared note", "on a joint ticket", "to partner 2"): ("jointwithp2", "joint"),
    ("shared note", "on a ticket with partner 2", "partner 1 beside"): ("asidewithp2", "aside"),
    ("shared note", "on a ticket of client 2", "with partner 1"): ("c2note", "c2shared"),
    ("client's own note", "on a ticket with partner 1", ""): ("clientnote", "assigned"),
    ("partner's own note", "on a ticket with partner 1", ""): ("partnernote", "assigned"),
    ("partner's own note", "on a joint ticket", "partner 1's"): ("jointp1own", "joint"),
    ("partner's own note", "on a joint ticket", "partner 2's"): ("jointp2own", "joint"),
    ("partner's own note", "on a ticket of client 2", ""): ("c2partnernote", "c2shared"),
}
FILES = {
    ("of a reply", "on a ticket with partner 1"): "reply",
    ("of a shared note", "on a joint ticket to partner 1"): "jointwithp1",
    ("of a client's own note", "on a ticket with partner 1"): "clientnote",
    ("of a partner's own note", "on a ticket with partner 1"): "partnernote",
}
ARTICLES = {
    ("draft", "client 1's"): "artclientdraft",
    ("draft", "partner 1's, to be shared"): "artpartnerdraft",
    ("published", "client 1's own"): "artclientown",
    ("published", "client 1's, for requesters"): "artforall",
    ("published", "shared with partner 1"): "artwithp1",
    ("published", "shared with partner 2"): "artwithp2",
    ("published", "partner 1's know-how"): "artknowhow",
    ("published", "partner 1's know-how, shown to client 1"): "artshown",
    ("published", "partner 1's know-how, shown to client 2"): "artshownc2",
    ("published", "of client 2, for requesters"): "artc2",
}
ASSETS = {
    ("covered", "by partner 1's engagement"): "assetcovered",
    ("covered", "by partner 2's engagement"): "assetother",
    ("covered by nobody", "client 1's own"): "assetown",
    ("covered by nobody", "used by a requester"): "assetused",
    ("covered by nobody", "shown to partner 1"): "assetshown",
    ("covered", "of client 2, by partner 1's engagement"): "assetc2",
}
VERSIONS = {
    ("draft", "client's side"): "clientdraft",
    ("draft", "partner's side"): "partnerdraft",
    ("tabled", ""): "tabled",
    ("tabled", "with partner 2"): "othertabled",
    ("in force", "targets"): "c1p1signed",
    ("in force", "text"): "c1p1signed",
    ("in force", "with partner 2"): "c1p2signed",
    ("in force", "own desk"): "deskterms",
    ("in force", "of client 2"): "c2p1signed",
}


@dataclass(frozen=True)
class Thing:
    """An object of the table. `words`: stand in it alone, and so in no answer to whoever doesn't see it.

    `ids`: likewise, but for who reads of the record what happened to what, without seeing it.
    """

    channels: dict[str, Channel]
    words: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    ticket: str = ""
    article: UUID | None = None
    asset: UUID | None = None
    played_by: dict[str, str] = field(default_factory=dict)


def things(scene: Scene) -> dict[Key, Thing]:
    """Every object of the table, by object, state and relation."""
    found: dict[Key, Thing] = {}
    for (state, relation), key in TICKETS.items():
        found["ticket", state, relation] = _ticket(scene, key)
    for where, (name, ticket) in ENTRIES.items():
        found[where] = _entry(scene, name, ticket)
    for (state, relation), name in FILES.items():
        found["attachment", state, relation] = _file(scene, name)
    for (state, relation), name in VERSIONS.items():
        found["agreement", state, relation] = _version(scene, name, with_text=relation == "text")
    for (state, relation), name in ARTICLES.items():
        found["article", state, relation] = _article(scene, name, is_draft=state == "draft")
    for relation, key in (("by partner 1", "questionc1p1"), ("by partner 2", "questionc1p2")):
        pk = scene.extra[key]
        found["figure question", "asked", relation] = Thing(
            {"sight": sight(FigureQuestion, pk), "page": page("scoreboard:questions", holds=mark_of(key))}
        )
    found |= dict(_inventory(scene))
    found |= dict(_figures(scene))
    found |= dict(_record(scene))
    found |= dict(_escalations(scene))
    found |= dict(_freezes(scene))
    found |= dict(_catalog(scene))
    found |= dict(_templates(scene))
    found |= dict(_parties(scene))
    for state, name in (
        ("of client 1's technician", "bulkct"),
        ("of partner 1's technician", "bulkpt"),
    ):
        pk = scene.extra[name]
        found["bulk run", state, ""] = Thing(
            {"choke point": sight(BulkRun, pk), "page": page("tickets:bulk_run", pk)}, (str(pk),)
        )
    for state, relation, name, ticket in (
        ("of partner 1's technician", "on a ticket with partner 1", "effortp1", "assigned"),
        ("of partner 2's technician", "on a joint ticket", "effortp2", "joint"),
        ("of client 1's technician", "on a ticket with partner 1", "effortc1", "assigned"),
    ):
        channels = {
            "choke point": sight(Effort, scene.extra[name]),
            "page": page("tickets:efforts", scene.tickets[ticket], holds=mark_of(name)),
        }
        found["effort", state, relation] = Thing(channels, (mark_of(name),))
    for state, name in (("of client 1", "pointc1"), ("of partner 1", "pointp1")):
        channels = {
            "choke point": sight(ChecklistItem, scene.extra[name]),
            "endpoint": page(
                "api:ticket_checklist_list",
                scene.tickets["assigned"],
                holds=mark_of(name),
                for_tokens=True,
            ),
        }
        found["checklist", state, "on a ticket with partner 1"] = Thing(channels, (mark_of(name),))
    for state, name in (
        ("between tickets with partner 1", "linkboth"),
        ("with one end in nobody's scope", "linkoneend"),
    ):
        found["link", state, ""] = _link(scene, scene.extra[name])
    found |= dict(_rules(scene))
    found |= dict(_ready(scene))
    found["contact", "a call that client 1 took", "on a ticket with partner 1"] = Thing(
        {"choke point": sight(Contact, scene.extra["contact"])}, ids=(str(scene.extra["contact"]),)
    )
    for state, key in (
        ("of client 1's own desk", "c1"),
        ("of client 1 with partner 1", "c1p1"),
        ("of client 2 with partner 1", "c2p1"),
    ):
        mark = mark_of(f"calls{key}")
        channels = {
            "choke point": sight(CallLoad, scene.extra[f"calls{key}"]),
            "page": page("tickets:calls", holds=mark),
            "endpoint": page("api:call_loads_list", holds=mark, for_tokens=True),
        }
        found["calls", state, ""] = Thing(channels, (mark,))
    found["answer", "how well it was solved", "on a ticket with partner 1"] = Thing(
        {
            "choke point": sight(Survey, scene.extra["survey"]),
            "endpoint": page("api:ticket_survey_read", scene.tickets["assigned"], for_tokens=True),
        }
    )
    found["survey settings", "of client 1", ""] = Thing(
        {
            "choke point": sight(SurveySettings, scene.world.organizations["c1"].id),
            "endpoint": page("api:survey_settings_read", holds='"every_days": 47', for_tokens=True),
        }
    )
    found["caller", "a person of client 1", "by number"] = Thing({"query": _calls(scene.extra["caller"])})
    found |= dict(_matrices(scene))
    return found


def _calls(person_id: UUID) -> Channel:
    """Whether somebody is found by their number at any desk at which the reader opens tickets."""

    def is_found(reader: Reader) -> bool:
        at = reader.actor.sight.resolved_at or clock.now()
        return any(
            caller.person_id == person_id
            for desk in desks_of(reader.actor, at)
            for caller in callers_found(desk, "089 5550134", reader.actor, at)
        )

    return is_found


def _figures(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    """Figures of a desk, as a table of a page for people and as a list for programs."""
    desks = {
        "of client 1's own desk": scene.world.organizations["c1"].id,
        "of client 1 with partner 1": scene.world.engagements["c1p1"].id,
        "of client 2 with partner 1": scene.world.engagements["c2p1"].id,
    }
    for state, desk in desks.items():
        for relation, table, by in (("", "figures", ""), ("partners side by side", "groups", "&by=party")):
            query = f"?scope={desk}{by}"
            channels = {
                "page": page("scoreboard:table", table, query=query),
                "api": page("api:metrics_figures_list", query=query, for_tokens=True),
            }
            yield ("figures", state, relation), Thing(channels)


def _link(scene: Scene, link_id: UUID) -> Thing:
    """A link, as the ticket at one end lists it."""
    return Thing(
        {
            "choke point": lambda reader: (
                TicketLink.objects.visible_to(reader.actor).filter(link_id=link_id).exists()
            ),
            "endpoint": page(
                "api:ticket_links_list", scene.tickets["assigned"], holds=str(link_id), for_tokens=True
            ),
        },
        ids=(str(link_id),),
    )


def _rules(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    """The routing rules of a desk."""
    for state, key in (("of client 1", "c1"), ("of partner 1", "p1")):
        mark = mark_of(f"rules{key}")
        yield (
            ("routing rules", state, ""),
            Thing(
                {
                    "choke point": sight(RoutingRules, scene.extra[f"rules{key}"]),
                    "page": page("tickets:routing", holds=mark),
                    "endpoint": page("api:routing_rules_read", holds=mark, for_tokens=True),
                },
                (mark,),
            ),
        )


def _ready(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    """Replies that a desk has ready, for everybody there or for one team."""
    for state, relation, key in (
        ("of client 1", "", "c1"),
        ("of partner 1", "", "p1"),
        ("of partner 1", "another team's", "p1birch"),
    ):
        mark = mark_of(f"ready{key}")
        yield (
            ("ready reply", state, relation),
            Thing(
                {
                    "choke point": sight(CannedReply, scene.extra[f"ready{key}"]),
                    "page": page("tickets:replies", holds=mark),
                    "endpoint": page("api:ready_replies_list", holds=mark, for_tokens=True),
                },
                (mark,),
            ),
        )


def _templates(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    """What a desk keeps for its own people to begin tickets with."""
    for state, key in (("of client 1", "c1"), ("of partner 1", "p1")):
        pk, mark = scene.extra[f"template{key}"], mark_of(f"template{key}")
        yield (
            ("ticket template", state, ""),
            Thing(
                {
                    "choke point": sight(TicketTemplate, pk),
                    "page": page("tickets:templates", holds=mark),
                    "form of a new ticket": page("tickets:new", holds=mark),
                    "endpoint": page("api:ticket_template_read", pk, for_tokens=True),
                },
                (mark,),
            ),
        )
        pk, mark = scene.extra[f"fields{key}"], mark_of(f"fields{key}")
        yield (
            ("field set", state, ""),
            Thing(
                {
                    "choke point": sight(FieldSet, pk),
                    "page": page("tickets:fields", holds=mark),
                    "form of a new ticket": page("tickets:new", holds=mark),
                    "endpoint": page("api:field_set_read", pk, for_tokens=True),
                },
                (mark,),
            ),
        )
        pk, mark = scene.extra[f"recurring{key}"], mark_of(f"recurring{key}")
        yield (
            ("recurring ticket", state, ""),
            Thing(
                {
                    "choke point": sight(RecurringTicket, pk),
                    "page": page("tickets:recurring_one", pk),
                    "list": page("tickets:recurring", holds=mark),
                    "endpoint": page("api:recurring_ticket_read", pk, for_tokens=True),
                },
                (mark,),
            ),
        )


def _matrices(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    """Both parts of one engagement's escalation matrix, which both parties read."""
    engagement = scene.world.engagements["c1p1"].pk
    for side in ("client", "partner"):
        mark = mark_of(f"matrix{side}")
        yield (
            ("escalation matrix", "of partner 1's engagement", f"the {side}'s part"),
            Thing(
                {
                    "choke point": sight(MatrixPart, scene.extra[f"matrix{side}"]),
                    "page": page("tickets:matrix", engagement, holds=mark),
                    "endpoint": page("api:escalation_read", engagement, holds=mark, for_tokens=True),
                },
                (mark,),
            ),
        )


def sight(model: Any, pk: UUID) -> Channel:
    """The choke point itself."""
    return lambda reader: bool(model.objects.visible_to(reader.actor).filter(pk=pk).exists())


def address(name: str, *args: Any) -> str | None:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


def page(name: str, *args: Any, holds: str = "", query: str = "", for_tokens: bool = False) -> Channel:
    """A page or endpoint that is there or is not; with `holds`, that has a text or has not."""

    def asked(reader: Reader) -> bool | None:
        url = address(name, *args)
        if url is None or reader.is_token != for_tokens:
            return None
        answer = reader.get(url + query)
        if not holds:
            return answer.status == 200
        return answer.status == 200 and holds in answer.text

    return asked


def search(pk: UUID, word: str) -> Channel:
    """Searching for a word."""

    def asked(reader: Reader) -> bool | None:
        given: Any = {
            "actor": reader.actor,
            "filters": TicketFilter(state="all", text=word),
            "at": reader.scene.now,
        }
        found = [row.id for row in ticket_list(**given).rows]
        return pk in found

    return asked


def _in_the_record(entry: UUID, word: str) -> Channel:
    """An entry of the record, for those who go through a record in which it stands at all."""

    def asked(reader: Reader) -> bool | None:
        if reader.is_token:
            return None
        answer = reader.get(f"/audit/{entry}/")
        return word in answer.text if answer.status == 200 else None

    return asked


def _ticket(scene: Scene, key: str) -> Thing:
    pk, mark = scene.tickets[key], mark_of(key)
    link = f"/tickets/{pk}/"
    channels = {
        "choke point": sight(Ticket, pk),
        "page": page("tickets:ticket", pk),
        "endpoint": page("api:ticket_read", pk, for_tokens=True),
        "list": page("tickets:list", holds=link, query="?state=all"),
        "search": search(pk, mark),
        "palette": page("shell:find", holds=link, query=f"?q={mark}"),
        "list endpoint": page(
            "api:tickets_list", holds=str(pk), query="?state=all&limit=200", for_tokens=True
        ),
        "clocks endpoint": page("api:ticket_clocks_list", pk, for_tokens=True),
        "ledger endpoint": page("api:ticket_entries_list", pk, for_tokens=True),
    }
    words = (mark, mark_of(key + "text"))
    return Thing(channels, words, (str(pk),), ticket=key, played_by=IN_THE_ROLE_OF.get(key, {}))


def _entry(scene: Scene, name: str, ticket: str) -> Thing:
    pk, mark = scene.tickets[ticket], mark_of(name)
    channels = {
        "page": page("tickets:ticket", pk, holds=mark, query="?whole=1"),
        "print view": page("tickets:print", pk, holds=mark),
        "ledger endpoint": page(
            "api:ticket_entries_list", pk, holds=mark, query="?limit=200", for_tokens=True
        ),
        "search": search(pk, mark),
        "palette": page("shell:find", holds=f"/tickets/{pk}/", query=f"?q={mark}"),
        "record": _in_the_record(scene.entries[name], mark),
    }
    return Thing(channels, (mark,))


def _file(scene: Scene, name: str) -> Thing:
    pk, mark = scene.extra[f"file{name}"], mark_of(f"{name}content")
    channels = {
        "choke point": sight(StoredFile, pk),
        "page": page("tickets:file", pk, holds=mark),
        "endpoint": page("api:file_read", pk, holds=mark, for_tokens=True),
    }
    return Thing(channels, (mark, mark_of(f"{name}name")), (str(pk),))


def _version(scene: Scene, name: str, *, with_text: bool) -> Thing:
    pk = scene.versions[name]
    agreement = AgreementVersion.objects.get(pk=pk).agreement_id
    if with_text:
        return Thing({"text": page("agreements:text", pk)})
    channels = {
        "choke point": sight(AgreementVersion, pk),
        "page": page("agreements:detail", agreement, holds=mark_of(name), query=f"?version={pk}"),
    }
    return Thing(channels, (mark_of(name),))


def _article(scene: Scene, name: str, *, is_draft: bool) -> Thing:
    pk, mark = scene.extra[name], mark_of(name)
    view = "drafts" if is_draft else "published"

    def found(reader: Reader) -> bool:
        asked = ArticleFilter(view=view, text=mark_of(name + "text"))
        return pk in [row.id for row in article_list(reader.actor, asked, at=reader.scene.now).rows]

    channels: dict[str, Channel] = {
        "choke point": sight(Article, pk),
        "page": page("knowledge:article", pk),
        "endpoint": page("api:article_read", pk, for_tokens=True),
        "list": page("knowledge:list", holds=f"/knowledge/{pk}/", query=f"?view={view}"),
        "list endpoint": page(
            "api:articles_list", holds=str(pk), query=f"?view={view}&limit=200", for_tokens=True
        ),
        "search": found,
    }
    return Thing(channels, (mark, mark_of(name + "text")), article=pk)


def _inventory(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    """Assets of both clients."""
    for (state, relation), name in ASSETS.items():
        yield ("asset", state, relation), _asset(scene, name)


def _asset(scene: Scene, name: str) -> Thing:
    pk, mark = scene.extra[name], mark_of(name)
    owner = scene.world.organizations["c2" if name == "assetc2" else "c1"].id

    def found(reader: Reader) -> bool:
        return pk in [row.id for row in asset_find(reader.actor, mark, owner_id=owner)]

    channels: dict[str, Channel] = {
        "choke point": sight(Asset, pk),
        "page": page("assets:asset", pk),
        "endpoint": page("api:asset_read", pk, for_tokens=True),
        "list": page("assets:list", holds=f"/assets/{pk}/", query=f"?owner={owner}"),
        "list endpoint": page("api:assets_list", holds=str(pk), query=f"?owner_id={owner}", for_tokens=True),
        "search": found,
    }
    return Thing(channels, (mark,), asset=pk)


def _record(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    own = scene.world.organization("c1").own_stream_id
    yield (
        ("audit log", "client 1's own record", ""),
        Thing({"page": page("audit:entries", query=f"?stream={own}")}),
    )
    for key, name in (("c1p1", "record with partner 1"), ("c1p2", "record with partner 2")):
        stream = scene.world.engagements[key].stream_id
        yield ("audit log", name, ""), Thing({"page": page("audit:entries", query=f"?stream={stream}")})
    yield ("audit log", "heads", ""), Thing({"page": page("audit:heads")})


def _escalations(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    for state, name in (("of partner 1's clock", "assigned"), ("of partner 2's clock", "other")):
        pk = scene.extra[f"escalation{name}"]
        yield (
            ("escalation", state, ""),
            Thing(
                {
                    "choke point": sight(Escalation, pk),
                    "list endpoint": page(
                        "api:ticket_escalations_list", scene.tickets[name], holds=str(pk), for_tokens=True
                    ),
                }
            ),
        )


def _catalog(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    for state, name in (
        ("of client 1, for all", "itemforall"),
        ("of client 1, with partner 1", "itemofdesk"),
        ("of client 2", "itemc2"),
    ):
        pk = scene.extra[name]
        yield (
            ("catalog item", state, ""),
            Thing(
                {
                    "choke point": sight(CatalogItem, pk),
                    "page": page("tickets:catalog_item", pk),
                    "endpoint": page("api:catalog_item_read", pk, for_tokens=True),
                },
                (mark_of(name),),
            ),
        )


def _freezes(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    for state, name in (
        ("of client 1, shared", "freezeshared"),
        ("of client 1, its own", "freezeown"),
        ("of client 2, shared", "freezec2"),
    ):
        yield (
            ("freeze", state, ""),
            Thing(
                {
                    "choke point": sight(Freeze, scene.extra[name]),
                    "page": page("tickets:changes", holds=mark_of(name)),
                    "endpoint": page("api:freezes_list", holds=mark_of(name), for_tokens=True),
                },
                (mark_of(name),),
            ),
        )


def _parties(scene: Scene) -> Iterator[tuple[Key, Thing]]:
    world = scene.world

    def grant(person: str, engagement: str | None = None) -> Thing:
        row = Grant.objects.get(
            person=world.people[person], engagement=world.engagements[engagement] if engagement else None
        )
        return Thing({"choke point": sight(Grant, row.pk)}, (str(row.pk),))

    yield ("grant", "client 1's", "another's"), grant("c1.ct2")
    yield ("grant", "client 1's", "my own"), grant("c1.ct")
    yield ("grant", "partner 1's on the engagement", "PT's own"), grant("p1.pt", "c1p1")
    yield ("grant", "partner 2's on the engagement", ""), grant("p2.pt", "c1p2")
    yield ("grant", "partner 1's at client 2", ""), grant("p1.pt2", "c2p1")
    for state, key in (
        ("with partner 1", "c1p1"),
        ("with partner 2", "c1p2"),
        ("client 2 with partner 1", "c2p1"),
        ("partner 1 with its subcontractor", "sub"),
    ):
        pk = world.engagements[key].pk
        channels = {"choke point": sight(Engagement, pk), "page": page("parties:engagement", pk)}
        # Endpoints name the engagement of a clock or a ticket; those of other parties are named nowhere.
        words = (str(pk),) if key in ("c2p1", "sub") else ()
        yield ("engagement", state, ""), Thing(channels, words)
    for state, key in (("of client 1", "c1.ct2"), ("of partner 1", "p1.pt2"), ("of partner 2", "p2.pm")):
        person = world.people[key]
        channels = {"choke point": sight(Person, person.pk), "page": page("parties:person", person.pk)}
        yield ("person", state, ""), Thing(channels, (person.email,))
    for state, key in (("of client 1", "c1"), ("of partner 1", "p1")):
        token = world.tokens[key]
        channels = {
            "choke point": sight(IntegrationToken, token.pk),
        }
        yield ("token", state, ""), Thing(channels, (world.secrets[key],))
    for state, key in (
        ("of client 1", "c1.desk"),
        ("of partner 1 for client 1", "p1.alder"),
        ("of partner 1 for client 2", "p1.birch"),
        ("of partner 2", "p2.noc"),
    ):
        yield ("team", state, ""), Thing({"choke point": sight(Team, world.teams[key].pk)})
    assert world.placement is not None
    yield (
        ("placement", "partner 1's person at client 1", ""),
        Thing({"choke point": sight(Placement, world.placement.pk)}),
    )
    for state, name in (
        ("of client 1's technician", "viewofct"),
        ("of client 1's desk team", "viewofteam"),
        ("of client 1", "viewofclient"),
        ("of both parties", "viewofboth"),
        ("of partner 1", "viewofpartner"),
    ):
        yield (
            ("saved view", state, ""),
            Thing({"choke point": sight(SavedView, scene.extra[name])}, (mark_of(name),)),
        )
    for state, name in (
        ("of client 1", "importc1"),
        ("of client 2", "importc2"),
        ("of client 1's inventory", "inventoryc1"),
        ("of partner 1's inventory", "inventoryp1"),
    ):
        pk = scene.extra[name]
        yield (
            ("import", state, ""),
            Thing(
                {
                    "choke point": sight(Import, pk),
                    "page": page("imports:detail", pk),
                    "endpoint": page("api:import_read", pk, for_tokens=True),
                },
                (mark_of(name),),
            ),
        )
    for state, key in (("of client 1", "c1"), ("of client 2", "c2"), ("of partner 1", "p1")):
        pk, mark = scene.extra[f"work{key}"], mark_of(f"work{key}")
        yield (
            ("background work", state, ""),
            Thing({"choke point": sight(DueWork, pk), "page": page("work:list", holds=mark)}, (mark,)),
        )
    for state, key in (("of client 1", "c1"), ("of partner 1", "p1")):
        pk, mark = scene.extra[f"webhook{key}"], mark_of(f"webhook{key}")
        yield (
            ("webhook", state, ""),
            Thing(
                {"choke point": sight(WebhookEndpoint, pk), "page": page("notices:channels", holds=mark)},
                (mark,),
            ),
        )
    for state, relation, name in (
        ("to partner 1's technician", "of an offer", "noticept"),
        ("to client 1's technician", "of a reply", "noticect"),
    ):
        pk, mark = scene.extra[name], mark_of(name)
        yield (
            ("notice", state, relation),
            Thing(
                {
                    "choke point": sight(Notice, pk),
                    "page": page("notices:list", holds=mark),
                    "endpoint": page("api:notice_read", pk, for_tokens=True),
                },
                (mark,),
            ),
        )
    # By the client's token too, which acts on the notices of whoever made it.
    pk, mark = scene.extra["noticecso"], mark_of("noticecso")
    yield (
        ("notice", "to client 1's service owner", "of a change"),
        Thing(
            {
                "page": page("notices:list", holds=mark),
                "endpoint": page("api:notice_read", pk, for_tokens=True),
                "list endpoint": page("api:notices_list", holds=mark, for_tokens=True),
            },
            (mark,),
        ),
    )
    for state, key in (("client 1", "c1"), ("client 2", "c2")):
        words = (world.organizations[key].name,) if key == "c2" else ()
        yield (
            ("organization", state, ""),
            Thing({"choke point": sight(Organization, world.organizations[key].pk)}, words),
        )
