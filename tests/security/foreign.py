"""Things of others, by the name of the parameter that an address has for them: for each reader one that is not theirs to see.

A parameter that is not named here fails the test: an address that takes an id must say what a foreign one is.
"""

from uuid import UUID

from cosource.agreements.models import AgreementVersion
from cosource.parties.models import EngagementTeam, Grant, Invitation, Membership
from tests.access.scene import Scene

# An id that nothing ever had.
NEVER_WAS = UUID("0b5f1a52-7c1e-4d0a-9d5e-5f3c2a1b0c9d")
# Parameters that are no ids of things: secrets, names, keys of one's own account.
NO_IDS = frozenset(
    {"secret", "token", "name", "uidb36", "key", "provider_id", "pk", "path", "figure_id", "side"}
)


def foreign_ids(scene: Scene, role: str) -> dict[str, UUID]:
    """One id for each parameter, out of sight for the role."""
    world, tickets = scene.world, scene.tickets
    of_client = role in ("P2M", "PM", "TOK", "P2")

    def agreement(version: str) -> UUID:
        found: UUID = AgreementVersion.objects.values_list("agreement_id", flat=True).get(
            pk=scene.versions[version]
        )
        return found

    if of_client:
        # For a partner: what is the client's own, or the other partner's.
        other = {"P2M": "assigned", "P2": "assigned"}.get(role, "other")
        terms = {"P2M": "c1p1signed", "P2": "c1p1signed"}.get(role, "c1p2signed")
        engagement = {"P2M": "c1p1", "P2": "c1p1"}.get(role, "c1p2")
        return {
            "ticket_id": tickets[other],
            "article_id": scene.extra["artclientown"],
            "asset_id": scene.extra["assetown"],
            "relation_id": scene.extra["relationassetother"],
            "escalation_id": scene.extra[f"escalation{other}"],
            "agreement_id": agreement(terms),
            "version_id": scene.versions["clientdraft"],
            "engagement_id": world.engagements[engagement].pk,
            "team_id": world.teams["c1.desk"].pk,
            "person_id": world.people["c1.ct"].pk,
            "entry_id": scene.entries["clientnote"],
            "file_id": scene.extra["fileclientnote"],
            "work_id": scene.extra["c1check"],
            "import_id": scene.extra["importc1"],
            "question_id": scene.extra[f"question{engagement}"],
            "reply_id": scene.extra["readyc1"],
            "template_id": scene.extra["templatec1"],
            "set_id": scene.extra["fieldsc1"],
            "recurring_id": scene.extra["recurringc1"],
            "view_id": scene.extra["viewofclient"],
            "link_id": scene.extra["linkunasked"],
            "freeze_id": scene.extra["freezeown"],
            "run_id": scene.extra["bulkct"],
            "point_id": scene.extra["pointunasked"],
            "effort_id": scene.extra[{"other": "effortother"}.get(other, "effortunasked")],
            "item_id": scene.extra["itemforall"],
            "notice_id": scene.extra["noticect"],
            "endpoint_id": scene.extra["webhookc1"],
            "gateway_id": scene.extra["gatewayc1"],
            "subscription_id": scene.extra["browserc1"],
        }
    return {
        # Somebody who only asks for help may not see what a colleague asked for.
        "ticket_id": tickets["unasked" if role == "REQ" else "c2own"],
        "article_id": scene.extra["artknowhow"],
        "asset_id": scene.extra["assetcovered" if role == "REQ" else "assetc2"],
        "relation_id": scene.extra["relationassetcovered" if role == "REQ" else "relationassetc2"],
        "escalation_id": scene.extra[f"escalation{'unasked' if role == 'REQ' else 'c2shared'}"],
        "agreement_id": agreement("c2p1signed"),
        "version_id": scene.versions["partnerdraft"],
        "engagement_id": world.engagements["c2p1"].pk,
        "team_id": world.teams["p1.birch"].pk,
        "person_id": world.people["p1.pt"].pk,
        "entry_id": scene.entries["partnernote"],
        "file_id": scene.extra["filepartnernote"],
        "work_id": scene.extra["p1check"],
        "import_id": scene.extra["importc2"],
        "question_id": scene.extra["questionc2p1"],
        "reply_id": scene.extra["readyp1"],
        "template_id": scene.extra["templatep1"],
        "set_id": scene.extra["fieldsp1"],
        "recurring_id": scene.extra["recurringp1"],
        "view_id": scene.extra["viewofpartner"],
        "run_id": scene.extra["bulkpt"],
        "point_id": scene.extra["pointunasked" if role == "REQ" else "pointc2"],
        "effort_id": scene.extra["effortunasked" if role == "REQ" else "effortc2"],
        "link_id": scene.extra["linkunasked" if role == "REQ" else "linkc2"],
        "freeze_id": scene.extra["freezec2"],
        "item_id": scene.extra["itemc2"],
        "notice_id": scene.extra["noticept"],
        "endpoint_id": scene.extra["webhookp1"],
        "gateway_id": scene.extra["gatewayp1"],
        "subscription_id": scene.extra["browserp1"],
    }


def foreign_rows(scene: Scene) -> dict[tuple[str, str], tuple[dict[str, UUID], UUID]]:
    """Buttons beside a row, on pages that client 1's service owner may open: (address, step) → own ids, a foreign row's id."""
    world = scene.world
    engagement = {"engagement_id": world.engagements["c1p1"].pk}
    team = {"team_id": world.teams["c1.desk"].pk}
    grant = Grant.objects.filter(person=world.people["p1.pt2"]).values_list("pk", flat=True)[0]
    invitation = Invitation.objects.filter(organization=world.organizations["p1"]).values_list(
        "pk", flat=True
    )[0]
    membership = Membership.objects.filter(team=world.teams["p1.birch"]).values_list("pk", flat=True)[0]
    offer = EngagementTeam.objects.filter(team=world.teams["p1.birch"]).values_list(
        "engagement_id", flat=True
    )[0]
    return {
        ("parties:engagement", "end_service"): (engagement, world.services["c2.stations"].pk),
        ("parties:engagement", "add_service"): (engagement, world.services["c2.stations"].pk),
        ("parties:engagement", "end_site"): (engagement, world.sites["c2.main"].pk),
        ("parties:engagement", "withdraw"): (engagement, invitation),
        ("parties:places", "end_site"): ({}, world.sites["c2.main"].pk),
        ("parties:places", "end_service"): ({}, world.services["c2.stations"].pk),
        ("parties:team", "end_member"): (team, membership),
        ("parties:team", "withdraw"): (team, offer),
        ("parties:people", "withdraw"): ({}, invitation),
        ("parties:invite", "withdraw"): ({}, invitation),
        ("parties:grants", "end"): ({}, grant),
        ("parties:tokens", "revoke"): ({}, world.tokens["p1"].pk),
        ("parties:placements", "end"): ({}, world.engagements["c2p1"].pk),
    }
