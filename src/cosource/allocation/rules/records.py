"""The records of an allocation instance: what may be given of lines, teams, parties and rules, in which units.

Hours are those of one planning period (say, a year) for everything; money is in one currency. The format is explained in
docs/reference/allocation-input.md; its schema is made from these tables.
"""

from cosource.allocation.rules.fields import Field

FORMAT = "cosource-allocation/1"

BAND = (
    Field("id", "text", "name of a shift, or of a shift for one skill", required=True),
    Field("utilisation", "number", "share of capacity that may be planned", default=0.85, above=0, most=1),
)
SKILL = (
    Field("id", "text", "name of the skill", required=True),
    Field(
        "max_team_share",
        "number",
        "largest share of the skill's hours that one team may have, so that it never hangs on one team",
        above=0,
        most=1,
    ),
)
PARTY = (
    Field("id", "text", "name of the client or of a partner", required=True),
    Field("min_hours", "number", "least hours of the party, such as a contract's minimum volume", least=0),
    Field("max_hours", "number", "most hours of the party, such as a contract's ceiling", least=0),
)
UNION = (
    Field("id", "text", "name of a group of teams with an agreement on who may do what", required=True),
    Field("min_hours", "number", "least hours of the teams in the union", default=0.0, least=0),
)
SERVICE = (
    Field("id", "text", "name of the service that lines belong to", required=True),
    Field(
        "max_partner_share",
        "number",
        "largest share of the service's hours that any one partner may have",
        least=0,
        most=1,
    ),
)
TEAM = (
    Field("id", "text", "name of the team", required=True),
    Field("party", "text", "the party it belongs to", required=True, refers="parties"),
    Field("skills", "texts", "what it can do", default=(), refers="skills"),
    Field("clearance", "number", "the level up to which it is cleared", default=0.0, least=0),
    Field("residency", "text", "where it works from, such as a country"),
    Field("access", "texts", "places and systems that it may enter", default=(), refers="access"),
    Field(
        "duties", "texts", "duties that must be kept apart from some work, such as approving it", default=()
    ),
    Field("union", "text", "the union it belongs to", refers="unions"),
    Field("rate", "number", "cost of an hour", least=0),
    Field(
        "capacity",
        "amounts",
        "hours by band that its calendar offers; without any it takes no line",
        default=None,
        refers="bands",
        least=0,
    ),
    Field(
        "people",
        "amounts",
        "how many work at once, by band; from this the waiting that a load causes is estimated",
        default=None,
        refers="bands",
        least=1,
    ),
)
_CHOICE = (
    Field("lead", "text", "the accountable team", required=True, refers="teams"),
    Field("support", "text", "the team of another party that works with it", refers="teams"),
)
LINE = (
    Field("id", "text", "name of the line of work", required=True),
    Field("name", "text", "what it is"),
    Field("service", "text", "the service it belongs to", refers="services"),
    Field("skill", "text", "what whoever does it must be able to do", required=True, refers="skills"),
    Field("band", "text", "when it is done", required=True, refers="bands"),
    Field("occurrences", "number", "how often in the period", default=1.0, above=0),
    Field("effort_hours", "number", "hours each time", required=True, above=0),
    Field("complexity", "number", "factor on the effort, learned from history", default=1.0, above=0),
    Field(
        "criticality", "number", "how much the client depends on it, 0 to 1", required=True, least=0, most=1
    ),
    Field("specificity", "number", "how hard it is to move back, 0 to 1", default=1.0, least=0, most=1),
    Field("clearance", "number", "the level that it needs", default=0.0, least=0),
    Field("residency", "texts", "from where it may be done; none given: from anywhere", default=()),
    Field("access", "texts", "places and systems that must be entered for it", default=(), refers="access"),
    Field("separate_from", "texts", "duties whose holders must not do it", default=()),
    Field("retained", "flag", "stays with the client's own teams", default=False),
    Field("partner_only", "flag", "needs a licence that only partners have", default=False),
    Field("reserved_for", "text", "the union for whose teams it is reserved", refers="unions"),
    Field(
        "joint",
        "text",
        "whether two parties may, must or must not share it",
        default="allowed",
        options=("allowed", "required", "never"),
    ),
    Field("depends_on", "texts", "lines that come before it", default=(), refers="lines"),
    Field("current", "record", "who does it today", fields=_CHOICE),
    Field(
        "costs",
        "amounts",
        "cost of the whole line by team, instead of hours at the team's rate",
        default=None,
        refers="teams",
        least=0,
    ),
)
JOINT = (
    Field("lead_share", "number", "share of the hours that the lead works", default=0.6, above=0, most=1),
    Field(
        "coordination", "number", "hours added to the lead's, as a share of the line's", default=0.1, least=0
    ),
)
WEIGHTS = (
    Field(
        "risk",
        "number",
        "price of a point of risk: criticality × specificity × share outside",
        default=0.0,
        least=0,
    ),
    Field(
        "waiting", "number", "price of an hour that work waits because a team is busy", default=0.0, least=0
    ),
    Field("moved", "number", "price of an hour of work that changes hands", default=0.0, least=0),
)
REPAIR_PRICES = tuple(
    Field(kind, "number", f"price of an hour {what}", default=1.0, above=0)
    for kind, what in (
        ("capacity", "more of a team in a band, or of its share that may be planned"),
        ("contract_minimum", "below a party's least volume"),
        ("contract_maximum", "above a party's most"),
        ("union_minimum", "below a union's least volume"),
        ("change_budget", "moved above the change budget"),
        ("partner_share", "of a partner above its share of a service"),
        ("team_share", "of a team above its share of a skill"),
    )
)
LOCK = (Field("line", "text", "the line that is settled by hand", required=True, refers="lines"), *_CHOICE)
SCENARIO = (
    Field("id", "text", "name of the scenario", required=True),
    Field("volume", "number", "factor on all hours of lines", default=1.0, above=0),
    Field("without_teams", "texts", "teams that are lost", default=(), refers="teams"),
    Field("without_parties", "texts", "parties that leave", default=(), refers="parties"),
)
INSTANCE = (
    Field("format", "text", f"always {FORMAT}", required=True, options=(FORMAT,)),
    Field("currency", "text", "the currency of all amounts, for the reader", default="EUR"),
    Field("client", "text", "the party that owns the work", required=True, refers="parties"),
    Field("parties", "records", "the client and its partners", required=True, fields=PARTY),
    Field("bands", "records", "shifts, or shifts for one skill", required=True, fields=BAND),
    Field("skills", "records", "all skills that lines and teams name", required=True, fields=SKILL),
    Field("access", "texts", "all places and systems that lines and teams name", default=()),
    Field("unions", "records", "groups of teams with rules on who may do what", default=(), fields=UNION),
    Field("services", "records", "the services that lines name", default=(), fields=SERVICE),
    Field("teams", "records", "who may do the work", required=True, fields=TEAM),
    Field("lines", "records", "the work: task, class of assets, site and window", required=True, fields=LINE),
    Field(
        "joint",
        "record",
        "how hours are shared where two teams do a line; without it none is shared",
        fields=JOINT,
    ),
    Field(
        "change_budget",
        "number",
        "largest share of all hours that may change hands from what is current",
        least=0,
        most=1,
    ),
    Field("weights", "record", "prices of what is not money", fields=WEIGHTS),
    Field(
        "repair_prices", "record", "what giving way costs, to find the cheapest repair", fields=REPAIR_PRICES
    ),
    Field("locks", "records", "lines settled by hand", default=(), fields=LOCK),
    Field("scenarios", "records", "what the plan is tried against", default=(), fields=SCENARIO),
)
