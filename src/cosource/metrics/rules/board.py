"""What the scoreboard shows first: which figures are its tiles, which stand beside them, which columns a breakdown has.

Not here: the figures (`catalogue`) and how they are drawn (`drawing`).
"""

from dataclasses import dataclass

from cosource.metrics.rules.metric import gettext_noop


@dataclass(frozen=True, slots=True)
class TileSpec:
    """A tile: its figure, and the ones that are told beside it (a mean is never shown alone), with a word for each."""

    id: str
    beside: tuple[tuple[str, str], ...] = ()


def _spread(name: str) -> TileSpec:
    return TileSpec(
        f"{name}.median", ((f"{name}.p90", gettext_noop("p90")), (f"{name}.mean", gettext_noop("mean")))
    )


TILES: tuple[TileSpec, ...] = (
    TileSpec("tickets"),
    _spread("first_response"),
    _spread("mttr_resolve"),
    _spread("mttr_resolve_net"),
    TileSpec("sla_met"),
    TileSpec("sla_met_stated"),
    TileSpec("first_contact_resolution"),
    TileSpec("first_contact_solved"),
    TileSpec(
        "answered_within",
        (
            ("abandoned_rate", gettext_noop("given up")),
            ("speed_to_answer.median", gettext_noop("wait, median")),
        ),
    ),
    TileSpec("reopened"),
    TileSpec("reassigned", (("reassignments.mean", gettext_noop("a ticket")),)),
    TileSpec("tickets_with_return", (("tickets_with_direct_return", gettext_noop("direct")),)),
    TileSpec("party_tickets_with_return", (("party_tickets_with_direct_return", gettext_noop("direct")),)),
    TileSpec("pause_share"),
    TileSpec(
        "satisfaction.satisfied",
        (
            ("satisfaction.mean", gettext_noop("of 5")),
            ("satisfaction.response_rate", gettext_noop("answered")),
        ),
    ),
    TileSpec("backlog", (("backlog_age", gettext_noop("age")), ("backlog_age.p90", gettext_noop("p90")))),
    TileSpec("knowledge_linked"),
)
TILE_IDS = tuple(tile.id for tile in TILES)

# What a board is shown: of these, those in which something counts.
HEADLINES = (
    "tickets",
    "backlog",
    "first_response.median",
    "mttr_resolve.median",
    "sla_met",
    "sla_met_stated",
    "first_contact_resolution",
    "reopened",
    "party_tickets_with_return",
    "pause_share",
)

# Each row of a breakdown: how many ended, and these; a column in which nothing counts is left out.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("mttr_resolve.median", gettext_noop("Resolve, median")),
    ("mttr_resolve.p90", gettext_noop("Resolve, p90")),
    ("sla_met", gettext_noop("In time")),
    ("sla_met_stated", gettext_noop("In time, as stated")),
    ("first_contact_resolution", gettext_noop("First contact")),
    ("reopened", gettext_noop("Reopened")),
    ("tickets_with_return", gettext_noop("Came back to a team")),
    ("party_tickets_with_return", gettext_noop("Came back to a party")),
)
# Every ticket that ended counts in it, so its n is the size of a group.
SIZE = "first_contact_resolution"
SPLITS = ("party", "team", "service", "kind", "priority", "category", "month")
