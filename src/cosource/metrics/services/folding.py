"""What was read becomes facts: one row for each desk and ticket, with what both parties of that desk may know.

A desk is an organization's own, for all its tickets, or an engagement, for the tickets on which its partner takes part as a
worker. On an engagement's desk the stretches of any party but the client, the partner and the ticket's owner are unknown: nobody
is named and they are looked through. So both parties read the same rows.
Statements of the engine; tickets are folded one by one, so that folding some of them gives the rows that folding all gives.
"""

from typing import Any

from cosource.metrics.services.tables import LINE, MOVED


def _hours(since: str, until: str) -> str:
    """Return the statement for the hours between two instants."""
    return f"(epoch_us({until}) - epoch_us({since})) / 3600000000.0"


def _seconds(since: str, until: str) -> str:
    """Return the statement for the seconds between two instants."""
    return f"(epoch_us({until}) - epoch_us({since})) / 1000000.0"


# A desk of a ticket: `known` are the parties of whom it may tell; nothing (null) for all.
_DESK = """
CREATE OR REPLACE TEMP TABLE desk AS
SELECT owner AS desk, ticket, NULL::UUID[] AS known, NULL::UUID AS client, NULL::UUID AS partner, opened_at AS since
FROM raw_ticket
UNION ALL
SELECT p.engagement, p.ticket, [e.client, e.partner, t.owner], e.client, e.partner, coalesce(p.asked_at, t.opened_at)
FROM raw_part AS p JOIN raw_engagement AS e USING (engagement) JOIN raw_ticket AS t USING (ticket)
WHERE p.is_worker
"""

# Who had it, in order. An imported ticket is told by its lines, since stretches without length are in no table; what it went
# through here since follows them.
_PATH = f"""
CREATE OR REPLACE TEMP TABLE path AS
WITH last_line AS (SELECT ticket, max(from_at) AS last_at FROM raw_line WHERE kind = '{LINE}' GROUP BY ticket)
SELECT ticket, 0 AS phase, from_at, place, id, party, team FROM raw_line WHERE kind = '{LINE}'
UNION ALL
SELECT h.ticket, 1, h.from_at, h.place, NULL, h.party, h.team
FROM raw_held AS h LEFT JOIN last_line AS l USING (ticket) WHERE l.last_at IS NULL OR h.from_at > l.last_at
"""

_STEPS = f"""
CREATE OR REPLACE TEMP TABLE step AS
WITH seen AS (
    SELECT d.desk, ticket, p.phase, p.from_at, p.place, p.id, p.party, p.team
    FROM path AS p JOIN desk AS d USING (ticket)
    WHERE p.party IS NOT NULL AND (d.known IS NULL OR list_contains(d.known, p.party))
), keyed AS (
    SELECT desk, ticket, 'team' AS level, team AS holder_key, phase, from_at, place, id FROM seen WHERE team IS NOT NULL
    UNION ALL
    SELECT desk, ticket, 'party', party, phase, from_at, place, id FROM seen
), changed AS (
    SELECT *, lag(holder_key) OVER inorder AS before FROM keyed
    WINDOW inorder AS (PARTITION BY desk, ticket, level ORDER BY phase, from_at, place, id)
), hop AS (
    SELECT desk, ticket, level, holder_key, from_at, row_number() OVER inorder AS step, lag(holder_key) OVER inorder AS from_key,
        lag(holder_key, 2) OVER inorder AS earlier, lead(from_at) OVER inorder AS until_at,
        row_number() OVER (PARTITION BY desk, ticket, level, holder_key ORDER BY phase, from_at, place, id) AS nth
    FROM changed WHERE before IS NULL OR before <> holder_key
    WINDOW inorder AS (PARTITION BY desk, ticket, level ORDER BY phase, from_at, place, id)
)
SELECT desk, ticket, level, step, holder_key, from_key, from_at, until_at, nth > 1 AS is_return,
    coalesce(earlier = holder_key, false) AS is_direct_return,
    CASE WHEN nth > 1 THEN greatest({_hours("lag(until_at) OVER same", "from_at")}, 0) END AS away_hours,
    from_key IS NOT NULL AND count(*) FILTER (from_key < holder_key) OVER pair > 0
        AND count(*) FILTER (from_key > holder_key) OVER pair > 0 AS is_mutual
FROM hop
WINDOW same AS (PARTITION BY desk, ticket, level, holder_key ORDER BY step),
    pair AS (PARTITION BY desk, ticket, level, least(from_key, holder_key), greatest(from_key, holder_key))
"""

_PASSED = """
CREATE OR REPLACE TEMP TABLE passed AS
SELECT desk, ticket, level, count(from_key) AS handovers, count(*) FILTER (is_return) AS returns,
    count(*) FILTER (is_direct_return) AS direct_returns,
    count(DISTINCT CASE WHEN is_mutual THEN [least(from_key, holder_key), greatest(from_key, holder_key)] END) AS mutual_pairs,
    arg_max(holder_key, step) AS last
FROM step GROUP BY desk, ticket, level
"""

# Of an engagement's desk, what both its parties read: of what was done here, and of the source's lines.
_REOPENED = f"""
CREATE OR REPLACE TEMP TABLE reopened AS
WITH states AS (
    SELECT d.desk, ticket, l.category,
        lag(l.category) OVER (PARTITION BY d.desk, ticket ORDER BY l.from_at, l.place, l.id) AS before
    FROM raw_line AS l JOIN desk AS d USING (ticket)
        LEFT JOIN raw_reader AS r ON r.audience = l.audience AND r.party = d.partner
    WHERE l.category IS NOT NULL AND CASE WHEN d.known IS NULL THEN true
        WHEN l.kind = '{LINE}' THEN l.party IS NULL OR list_contains(d.known, l.party)
        ELSE r.party IS NOT NULL END
)
SELECT desk, ticket,
    count(*) FILTER (before IN ('resolved', 'closed') AND category NOT IN ('resolved', 'closed')) AS reopenings
FROM states GROUP BY desk, ticket
"""

_MOVED = f"""
CREATE OR REPLACE TEMP TABLE moved AS SELECT DISTINCT ticket, true AS here FROM raw_line
WHERE kind = '{MOVED}' AND category IS NOT NULL
"""

# A counter of a source tells of all that held the ticket. Where others than the desk's parties did, it is taken from the lines
# that both parties read.
_COUNTED = f"""
CREATE OR REPLACE TEMP TABLE counted AS
SELECT d.desk, ticket, max(l.reassignments) AS reassignments, max(l.reopenings) AS reopenings
FROM raw_line AS l JOIN desk AS d USING (ticket)
WHERE l.kind = '{LINE}' AND d.known IS NOT NULL AND (l.party IS NULL OR list_contains(d.known, l.party))
GROUP BY d.desk, ticket
"""

_THIRD = """
CREATE OR REPLACE TEMP TABLE third AS
SELECT DISTINCT d.desk, ticket FROM path AS p JOIN desk AS d USING (ticket)
WHERE d.known IS NOT NULL AND p.party IS NOT NULL AND NOT list_contains(d.known, p.party)
"""

# The first word of a person to the other side: of an own desk to the requester, of a partner to its client.
_ANSWERED = """
CREATE OR REPLACE TEMP TABLE answered AS
SELECT d.desk, ticket, min(m.sent_at) AS sent_at
FROM raw_message AS m JOIN desk AS d USING (ticket) JOIN raw_ticket AS t USING (ticket)
WHERE m.sent_at >= d.since AND CASE WHEN d.known IS NULL
    THEN m.author IS DISTINCT FROM t.requester
        AND EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = m.audience AND r.with_requester)
    ELSE m.party = d.partner
        AND EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = m.audience AND r.party = d.client)
    END
GROUP BY d.desk, ticket
"""

# An article that helped, as far as all parties of the desk were told of it.
_HELPED = """
CREATE OR REPLACE TEMP TABLE helped AS
SELECT DISTINCT d.desk, ticket
FROM raw_article AS a JOIN desk AS d USING (ticket) JOIN raw_ticket AS t USING (ticket)
WHERE EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = a.audience AND r.party = coalesce(d.client, t.owner))
    AND (d.partner IS NULL OR EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = a.audience AND r.party = d.partner))
"""

# The call or visit with which it was opened, as far as all parties of the desk were told of it.
_CALLED = """
CREATE OR REPLACE TEMP TABLE called AS
SELECT d.desk, ticket, bool_or(c.solved) AS solved
FROM raw_contact AS c JOIN desk AS d USING (ticket) JOIN raw_ticket AS t USING (ticket)
WHERE EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = c.audience AND r.party = coalesce(d.client, t.owner))
    AND (d.partner IS NULL OR EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = c.audience AND r.party = d.partner))
GROUP BY d.desk, ticket
"""

# Whether the requester was asked how well it was solved, and what they said, as far as all parties of the desk read it.
_SURVEYED = """
CREATE OR REPLACE TEMP TABLE surveyed AS
SELECT d.desk, ticket, true AS asked, s.score
FROM raw_survey AS s JOIN desk AS d USING (ticket) JOIN raw_ticket AS t USING (ticket)
WHERE EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = s.audience AND r.party = coalesce(d.client, t.owner))
    AND (d.partner IS NULL OR EXISTS (SELECT 1 FROM raw_reader AS r WHERE r.audience = s.audience AND r.party = d.partner))
"""

# A call belongs to the desk at which it came in; under an engagement to that one, and to its client's own desk too.
_RUNG = f"""
CREATE OR REPLACE TEMP TABLE rung AS
SELECT unnest(CASE WHEN engagement IS NULL THEN [owner] ELSE [owner, engagement] END) AS desk, call AS ticket,
    offered_at AS opened_at, ended_at, NULL::UUID AS service, NULL::UUID AS site, sample, false AS merged,
    queue, answered_at IS NOT NULL AS answered, {_seconds("offered_at", "answered_at")} AS answer_seconds,
    {_seconds("offered_at", "abandoned_at")} AS abandon_seconds
FROM raw_call
"""

_LIFE = f"""
CREATE OR REPLACE TEMP TABLE life AS
SELECT t.*, coalesce(m.here, false) AS moved_here,
    CASE WHEN t.category NOT IN ('resolved', 'closed') THEN NULL
        WHEN coalesce(m.here, false) THEN t.resolved_at
        WHEN coalesce(i.states_resolve, false) THEN t.stated_resolved_at
        ELSE coalesce(t.stated_resolved_at, t.resolved_at) END AS ended_work_at,
    CASE WHEN t.category IN ('resolved', 'closed') THEN coalesce(ended_work_at, t.closed_at, t.resolved_at) END AS ended_at,
    CASE WHEN t.category = 'closed' THEN t.closed_at END AS final_at,
    coalesce(ended_work_at < t.opened_at, false) AS out_of_order,
    CASE WHEN NOT out_of_order THEN {_hours("t.opened_at", "ended_work_at")} END AS resolve_hours,
    CASE WHEN final_at >= t.opened_at THEN {_hours("t.opened_at", "final_at")} END AS close_hours,
    CASE WHEN ended_at IS NOT NULL THEN greatest({_hours("t.opened_at", "ended_at")}, 0) END AS gross_hours
FROM raw_ticket AS t LEFT JOIN moved AS m USING (ticket) LEFT JOIN raw_import AS i ON i.import_id = t.import_id
"""

_WAITS = f"""
CREATE OR REPLACE TEMP TABLE wait AS
SELECT d.desk, ticket, p.place,
    CASE WHEN d.known IS NOT NULL AND p.party IS NOT NULL AND NOT list_contains(d.known, p.party) THEN 'others'
        ELSE p.turn END AS turn,
    p.from_at, p.until_at,
    CASE WHEN l.ended_at IS NOT NULL THEN
        greatest({_hours("greatest(p.from_at, l.opened_at)", "least(coalesce(p.until_at, l.ended_at), l.ended_at)")}, 0)
    END AS hours
FROM raw_pause AS p JOIN desk AS d USING (ticket) JOIN life AS l USING (ticket)
"""

_WAITED = """
CREATE OR REPLACE TEMP TABLE waited AS
SELECT desk, ticket, sum(hours) AS wait_hours, {turns}
FROM wait WHERE hours IS NOT NULL GROUP BY desk, ticket
"""
# The turns behind each column. To the parties of an engagement any other party is a third one: a cell of its own would say that
# there is another, and one that is held back is known from the sum and the other cells.
_TURNS = {
    "requester": ("requester",),
    "client": ("client",),
    "partner": ("partner",),
    "third_party": ("third_party", "others"),
}
TURN_COLUMNS = {turn: f"wait_{turn}" for turn in _TURNS}

# Of what a source judged: when each desk's party was asked (of an imported ticket: first had it), and when it was with others.
_AWAY = """
CREATE OR REPLACE TEMP TABLE away AS
WITH held AS (
    SELECT d.desk, ticket, h.place, h.from_at, h.party IS NOT DISTINCT FROM d.partner AS mine
    FROM raw_held AS h JOIN desk AS d USING (ticket) JOIN raw_ticket AS t USING (ticket)
    WHERE d.known IS NOT NULL AND t.sla_stated IS NOT NULL
), moved AS (
    -- Among whom it went while it was with others is not for this desk to know.
    SELECT * FROM held QUALIFY coalesce(lag(mine) OVER (PARTITION BY desk, ticket ORDER BY place) <> mine, true)
), gone AS (
    SELECT *, lead(from_at) OVER (PARTITION BY desk, ticket ORDER BY place) AS until_at FROM moved
)
SELECT desk, ticket, min(from_at) FILTER (mine) AS first_at,
    list({'from_at': from_at, 'until_at': until_at} ORDER BY place) FILTER (NOT mine) AS spans
FROM gone GROUP BY desk, ticket
"""

# When the lines first show it resolved: of an engagement's desk, the lines that both its parties read.
_RESOLVED = f"""
CREATE OR REPLACE TEMP TABLE first_resolved AS
SELECT d.desk, ticket, min(l.from_at) AS first_at
FROM raw_line AS l JOIN desk AS d USING (ticket)
WHERE l.kind = '{LINE}' AND l.category = 'resolved'
    AND (d.known IS NULL OR l.party IS NULL OR list_contains(d.known, l.party))
GROUP BY d.desk, ticket
"""

# What every table repeats, so that a period and the limits of a grant need no join.
_KEYS = "d.desk, ticket, l.opened_at, l.ended_at, l.service, l.site, l.sample, l.merged"

# In one order, so that what is written for the same rows is the same.
FACTS = {
    "tickets": f"""
SELECT {_KEYS}, l.ticket_kind, l.category AS state, l.final_at AS closed_at, l.priority, l.impact, l.urgency,
    l.topic AS category, l.subtopic AS subcategory,
    CASE WHEN d.known IS NULL THEN l.team ELSE by_team.last END AS team,
    CASE WHEN d.known IS NULL THEN l.holder ELSE by_party.last END AS party,
    CASE WHEN third.desk IS NULL THEN l.kept END AS kept,
    {_hours("d.since", "a.sent_at")} AS response_hours, l.resolve_hours,
    CASE WHEN l.resolve_hours IS NOT NULL THEN greatest(l.resolve_hours - coalesce(w.wait_hours, 0), 0) END AS net_hours,
    l.close_hours, l.gross_hours, l.out_of_order,
    CASE WHEN l.ended_at IS NOT NULL THEN coalesce(w.wait_hours, 0) END AS wait_hours,
    {", ".join(f"w.{column}" for column in TURN_COLUMNS.values())},
    coalesce(CASE WHEN third.desk IS NULL THEN l.reassignments ELSE c.reassignments END, by_team.handovers, 0)
        AS reassignments,
    greatest(coalesce(CASE WHEN third.desk IS NULL THEN l.reopenings ELSE c.reopenings END, seen.reopenings, 0),
        CASE WHEN l.moved_here THEN coalesce(seen.reopenings, 0) ELSE 0 END) AS reopenings,
    l.sla_stated,
    CASE WHEN helped.desk IS NOT NULL THEN true WHEN l.import_id IS NULL THEN false ELSE l.knowledge_stated END AS knowledge,
    called.solved AS solved_at_contact, surveyed.asked AS surveyed, surveyed.score AS survey_score,
    by_team.handovers AS team_handovers, by_team.returns AS team_returns, by_team.direct_returns AS team_direct_returns,
    by_team.mutual_pairs AS team_mutual_pairs, by_party.handovers AS party_handovers, by_party.returns AS party_returns,
    by_party.direct_returns AS party_direct_returns, by_party.mutual_pairs AS party_mutual_pairs
FROM desk AS d JOIN life AS l USING (ticket)
LEFT JOIN (SELECT * FROM passed WHERE level = 'team') AS by_team USING (desk, ticket)
LEFT JOIN (SELECT * FROM passed WHERE level = 'party') AS by_party USING (desk, ticket)
LEFT JOIN waited AS w USING (desk, ticket) LEFT JOIN answered AS a USING (desk, ticket)
LEFT JOIN counted AS c USING (desk, ticket) LEFT JOIN third USING (desk, ticket)
LEFT JOIN reopened AS seen USING (desk, ticket) LEFT JOIN helped USING (desk, ticket)
LEFT JOIN called USING (desk, ticket) LEFT JOIN surveyed USING (desk, ticket)
""",
    "holdings": f"""
SELECT {_KEYS}, s.level, s.step, s.holder_key, s.from_key, s.from_at, s.until_at, s.is_return, s.is_direct_return, s.is_mutual,
    s.away_hours
FROM step AS s JOIN desk AS d USING (desk, ticket) JOIN life AS l USING (ticket)
""",
    "waits": f"""
SELECT {_KEYS}, w.place, w.turn, w.from_at, w.until_at, w.hours
FROM wait AS w JOIN desk AS d USING (desk, ticket) JOIN life AS l USING (ticket)
""",
    # `still_since`: since when a running clock stands still; what was due by then is overdue, what was not may still be met.
    "clocks": f"""
SELECT {_KEYS}, k.clock, k.kind, k.round, k.version, k.target_minutes, k.started_at, k.due_at, k.met_at, k.stopped_at,
    CASE WHEN k.paused THEN least(
        CASE WHEN json_extract_string(k.elsewhere, '$[#-1][1]') IS NULL
            THEN CAST(json_extract_string(k.elsewhere, '$[#-1][0]') AS TIMESTAMP) END,
        (SELECT max(p.from_at) FROM raw_pause AS p WHERE p.ticket = k.ticket AND p.until_at IS NULL)
    ) END AS still_since
FROM raw_clock AS k JOIN desk AS d ON d.ticket = k.ticket AND d.desk = coalesce(k.engagement, (
    SELECT owner FROM raw_ticket AS o WHERE o.ticket = k.ticket)) JOIN life AS l ON l.ticket = k.ticket
""".replace(_KEYS, _KEYS.replace(" ticket,", " d.ticket,")),
    # What a source judged, and all that the terms need to judge it too. `since`: from when it counts for the desk; `resolved_at`:
    # by what rules, `shown_resolved_at`: as the lines show; `clock_…`: of the desk's resolve clock, where one ran here.
    "judged": f"""
SELECT {_KEYS}, l.priority, l.sla_stated AS stated, d.known IS NULL AS is_own,
    CASE WHEN d.known IS NULL THEN l.opened_at ELSE coalesce(k.started_at, p.asked_at, a.first_at, l.opened_at) END AS since,
    l.ended_work_at AS resolved_at, l.out_of_order, l.resolved_at AS shown_resolved_at, r.first_at AS first_resolved_at,
    l.final_at AS closed_at, a.spans AS away,
    k.version AS clock_version, k.due_at AS clock_due_at, k.met_at AS clock_met_at
FROM desk AS d JOIN life AS l USING (ticket) LEFT JOIN away AS a USING (desk, ticket)
LEFT JOIN first_resolved AS r USING (desk, ticket)
LEFT JOIN raw_part AS p ON p.ticket = d.ticket AND p.engagement = d.desk
LEFT JOIN raw_clock AS k ON k.ticket = d.ticket AND k.kind = 'resolve' AND coalesce(k.engagement, l.owner) = d.desk
WHERE l.sla_stated IS NOT NULL
""".replace(_KEYS, _KEYS.replace(" ticket,", " d.ticket,")),
    # Calls stand beside the tickets, under ids of their own; nothing of who called or who answered.
    "calls": "SELECT * FROM rung",
}
ORDER = {
    "tickets": "desk, opened_at, ticket",
    "holdings": "desk, opened_at, ticket, level, step",
    "waits": "desk, opened_at, ticket, place",
    "clocks": "desk, opened_at, ticket, clock",
    "judged": "desk, opened_at, ticket",
    "calls": "desk, opened_at, ticket",
}
_IN_TURN = (
    _DESK,
    _PATH,
    _STEPS,
    _PASSED,
    _REOPENED,
    _MOVED,
    _COUNTED,
    _THIRD,
    _ANSWERED,
    _HELPED,
    _CALLED,
    _SURVEYED,
    _RUNG,
    _LIFE,
    _WAITS,
    _AWAY,
    _RESOLVED,
)


def fold(engine: Any) -> None:
    """Make what the facts are selected from out of the tables that were read; `FACTS` then selects them."""
    for statement in _IN_TURN:
        engine.execute(statement)
    turns = ", ".join(
        f"sum(hours) FILTER (turn IN {_TURNS[turn]!r}) AS {name}" for turn, name in TURN_COLUMNS.items()
    )
    engine.execute(_WAITED.format(turns=turns))
