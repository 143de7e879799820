"""What figures cost over a large desk: `python -m benchmarks.figures.metrics PATTERN TICKETS`.

Each metric is set beside the same figure written by hand for the engine, over the same files, and must come to the same value.
The facts are gathered first, unless they are there from the time before.
"""

import pickle
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in, repeat

TILE_MS, BOARD_MS, ALL_SECONDS, TIMES_BY_HAND, MEMORY_MB = 150, 500, 3, 2, 700
LARGE = 1_000_000
_WAIT = "sum(wait_hours)"
_SLA = (
    "avg(coalesce(met_at <= due_at, false)::INT) FILTER (met_at IS NOT NULL OR "
    "(stopped_at IS NULL AND (still_since IS NULL OR still_since >= due_at)))"
)
_PER_TICKET = {
    "tickets_with_handover": "avg((team_handovers > 0)::INT)",
    "tickets_with_return": "avg((team_returns > 0)::INT)",
    "tickets_with_direct_return": "avg((team_direct_returns > 0)::INT)",
}
# The figures in the engine's own words: over tickets that ended, that were opened, that are open, clocks that came due, or calls.
BY_HAND = {
    "tickets": ("opened", "count(*)"),
    "first_response": ("opened", "{fold}(response_hours)"),
    "mttr_resolve": ("ended", "{fold}(resolve_hours)"),
    "mttr_resolve_net": ("ended", "{fold}(net_hours)"),
    "time_to_close": ("ended", "{fold}(close_hours)"),
    "first_contact_resolution": ("ended", "avg((reassignments = 0 AND reopenings = 0)::INT)"),
    "reopened": ("ended", "avg((reopenings > 0)::INT)"),
    "reassigned": ("ended", "avg((reassignments > 0)::INT)"),
    "reassignments": ("ended", "avg(reassignments)"),
    **{f"{prefix}{name}": ("ended", f"sum({level}_{name})") for prefix, level in (("", "team"), ("party_", "party"))
       for name in ("handovers", "returns", "direct_returns", "mutual_pairs")},
    **{f"{prefix}{name}": ("ended", sql.replace("team", level)) for prefix, level in (("", "team"), ("party_", "party"))
       for name, sql in _PER_TICKET.items()},
    "sla_met": ("due", _SLA),
    "sla_met_stated": ("ended", "avg(sla_stated::INT)"),
    "knowledge_linked": ("ended", "avg(knowledge::INT)"),
    "first_contact_solved": ("opened", "avg((solved_at_contact AND reopenings = 0)::INT) FILTER (solved_at_contact IS NOT NULL)"),
    "calls": ("calls", "count(*)"),
    "speed_to_answer": ("calls", "{fold}(answer_seconds)"),
    "answered_within": (
        "calls", "avg((answered AND answer_seconds <= 30)::INT) FILTER (abandon_seconds IS NULL OR abandon_seconds > 10)"
    ),
    "abandoned_rate": ("calls", "avg(coalesce(abandon_seconds > 10, false)::INT)"),
    "satisfaction.mean": ("ended", "avg(survey_score)"),
    "satisfaction.satisfied": ("ended", "avg((survey_score >= 4)::INT)"),
    "satisfaction.response_rate": ("ended", "avg((survey_score IS NOT NULL)::INT) FILTER (surveyed)"),
    "backlog": ("open", "count(*)"),
    "backlog_age": ("open", "quantile_cont(epoch(TIMESTAMP '{until}' - opened_at) / 3600, 0.5)"),
    "backlog_age.p90": ("open", "quantile_cont(epoch(TIMESTAMP '{until}' - opened_at) / 3600, 0.9)"),
    "backlog_age.max": ("open", "max(epoch(TIMESTAMP '{until}' - opened_at) / 3600)"),
    "pause_share": ("ended", f"{_WAIT} / sum(gross_hours)"),
    "wait_by_turn": ("ended", _WAIT),
}  # fmt: skip
FOLDS = {"mean": "avg({0})", "median": "quantile_cont({0}, 0.5)", "p90": "quantile_cont({0}, 0.9)"}


def by_hand(facts: Any, metric_id: str, desk: str, until: str, now: str) -> str:
    """The statement that somebody would have written for this figure."""
    family, _, fold = metric_id.partition(".")
    which, expression = BY_HAND.get(metric_id) or BY_HAND[family]
    if "{fold}(" in expression:
        expression = FOLDS[fold].format(expression.removeprefix("{fold}(").removesuffix(")"))
    of = {
        "opened": "opened_at IS NOT NULL",
        "ended": "ended_at IS NOT NULL AND NOT merged",
        "open": f"opened_at < '{until}' AND (ended_at IS NULL OR ended_at >= '{until}')",
        "due": f"kind = 'resolve' AND due_at < '{now}'",
        "calls": "true",
    }[which]
    table = facts.table({"due": "clocks", "calls": "calls"}.get(which, "tickets"))
    return f"SELECT {expression.replace('{until}', until)} AS v FROM {table} WHERE desk = '{desk}' AND {of}"


def is_same(unit: Any, value: Any, expected: Any) -> bool:
    """Whether a figure is the one by hand, as it is printed."""
    from cosource.metrics.rules.metric import DECIMALS

    return abs(float(value or 0) - float(expected or 0)) <= 0.51 * 10 ** -DECIMALS[unit]


def main(pattern_file: Path, tickets: int) -> None:
    set_up()
    from django.db import connection

    from cosource.foundation import clock
    from cosource.metrics.queries.engine import Facts
    from cosource.metrics.queries.figures import figures
    from cosource.metrics.queries.period import last_with_data
    from cosource.metrics.rules.catalogue import METRICS
    from cosource.metrics.services.gathering import facts_refresh, facts_release

    world = pickle.loads(pattern_file.read_bytes()).world
    began = time.monotonic()
    gathered = facts_refresh(holder="benchmark", clock=clock.now, checked=True)
    facts_release(holder="benchmark", at=clock.now())
    seconds = time.monotonic() - began
    at, actor, facts = (
        clock.now().replace(second=0, microsecond=0),
        world.actor("c1.cso", at=clock.now()),
        Facts(),
    )
    month = last_with_data(actor, at=at)
    period = {"from_on": month.from_on, "until_on": month.until_on} if month else {}
    desk, until, now = str(actor.organization_id), f"{at:%Y-%m-%d} 00:00:00", f"{at:%Y-%m-%d %H:%M:%S}"
    factors, tiles = {}, {}
    for metric in METRICS:
        sql = by_hand(facts, metric.id, desk, until, now)
        own = repeat(lambda m=metric.id: figures(actor, only=[m], at=at), times=9, warm=2)
        hand = repeat(lambda s=sql: facts.ask(s), times=9, warm=2)
        value, expected = figures(actor, only=[metric.id], at=at)[0].value, facts.ask(sql)[0]["v"]
        if not is_same(metric.unit, value, expected):
            raise SystemExit(f"{metric.id} is {value}, by hand {expected}")
        factors[metric.id] = own.median_processor / hand.median_processor
        tile = repeat(lambda m=metric.id: figures(actor, only=[m], at=at, **period), times=9, warm=2)
        tiles[metric.id] = tile.median_elapsed
    board = repeat(lambda: figures(actor, at=at, **period), times=15, warm=2)
    everything = repeat(lambda: figures(actor, at=at), times=9, warm=2)
    memory = psutil.Process().memory_info().rss / 2**20
    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    on = f"{sort}, {tickets:,}"
    slowest, dearest = max(tiles, key=tiles.__getitem__), max(factors, key=factors.__getitem__)
    # In a small world what every question costs, such as who may ask, outweighs the figure.
    by_hand_limit = TIMES_BY_HAND if tickets >= LARGE else None
    rows = sum(facts.manifest.generation.rows.values())
    hand_in(
        [
            Figure("one tile of a month", round(tiles[slowest], 1), "ms", TILE_MS, on=on, note=f"the slowest, {slowest}"),
            Figure("the scoreboard of a month", round(board.median_elapsed, 1), "ms", BOARD_MS, on=on,
                   note=f"{len(METRICS)} figures; p95 {board.p95_elapsed:.0f} ms"),
            Figure("all figures over all tickets", round(everything.median_elapsed / 1000, 2), "s", ALL_SECONDS, on=on,
                   note=f"{rows:,} facts"),
            Figure("a figure beside the same by hand", round(factors[dearest], 2), "times", by_hand_limit, on=on,
                   note=f"processor time of the dearest, {dearest}; median {statistics.median(factors.values()):.2f}"),
            Figure("memory of a process with figures", round(memory), "MB", MEMORY_MB, on=on),
            Figure("gathering the facts", round(seconds, 1), "s", on=on,
                   note="all of them" if gathered and gathered.rebuilt else f"{gathered.tickets if gathered else 0} tickets"),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
