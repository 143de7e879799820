"""Small allocation instances for tests, and the slow way to their best plans: every plan is tried."""

import itertools
import math
from typing import Any

from hypothesis import strategies as st

DAY, NIGHT = "day", "night"


def team(
    name: str, party: str, rate: float | None = 50.0, day: float | None = 1000.0, **more: Any
) -> dict[str, Any]:
    made = {"id": name, "party": party, "skills": ["net"], **more}
    if rate is not None:
        made["rate"] = rate
    if day is not None:
        made["capacity"] = {DAY: day, **more.get("capacity", {})}
    return made


def line(name: str, hours: float = 10.0, **more: Any) -> dict[str, Any]:
    return {"id": name, "skill": "net", "band": DAY, "effort_hours": hours, "criticality": 0.5, **more}


def instance(
    lines: list[dict[str, Any]], teams: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "format": "cosource-allocation/1",
        "client": "own",
        "parties": [{"id": "own"}, {"id": "north"}, {"id": "south"}],
        "bands": [{"id": DAY, "utilisation": 1.0}, {"id": NIGHT, "utilisation": 1.0}],
        "skills": [{"id": "net"}, {"id": "dba"}],
        "teams": teams or [team("a", "own", 60), team("b", "north", 50), team("c", "south", 55)],
        "lines": lines,
        **more,
    }


def ways_of(document: dict[str, Any], one: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Every way of doing a line that the words of the format allow; written apart from the product."""
    able = [
        t["id"]
        for t in document["teams"]
        if one["skill"] in t["skills"]
        and t.get("capacity", {}).get(one["band"], 0) > 0
        and not (one.get("retained") and t["party"] != document["client"])
        and not (one.get("partner_only") and t["party"] == document["client"])
    ]
    party = {t["id"]: t["party"] for t in document["teams"]}
    alone: list[tuple[str, str | None]] = [(t, None) for t in able]
    pairs: list[tuple[str, str | None]] = [(a, b) for a in able for b in able if party[a] != party[b]]
    return alone + pairs if document.get("joint") else alone


def hours_of(one: dict[str, Any]) -> float:
    return one["effort_hours"] * one.get("occurrences", 1)


def parts_of(
    document: dict[str, Any], one: dict[str, Any], way: tuple[str, str | None]
) -> list[tuple[str, float, float]]:
    """(team, hours carried, share of the work) of a way."""
    hours, (lead, support) = hours_of(one), way
    if support is None:
        return [(lead, hours, hours)]
    share, more = document["joint"]["lead_share"], document["joint"]["coordination"]
    return [
        (lead, hours * (share + more), hours * share),
        (support, hours * (1 - share), hours * (1 - share)),
    ]


def value_of(document: dict[str, Any], plan: list[tuple[str, str | None]]) -> tuple[float, float]:
    """(What a plan costs with risk and moves at their weights, what its breaches cost at repair prices)."""
    rate = {t["id"]: t.get("rate") for t in document["teams"]}
    party = {t["id"]: t["party"] for t in document["teams"]}
    weights, prices = document.get("weights", {}), document.get("repair_prices", {})
    value, load, moved = 0.0, {}, 0.0
    of_party: dict[str, float] = {}
    with_skill: dict[tuple[str, str], float] = {}
    for one, way in zip(document["lines"], plan, strict=True):
        outside = 0.0
        for who, carried, share in parts_of(document, one, way):
            value += carried * (
                rate[who] if who not in one.get("costs", {}) else one["costs"][who] / hours_of(one)
            )
            load[who, one["band"]] = load.get((who, one["band"]), 0.0) + carried
            of_party[party[who]] = of_party.get(party[who], 0.0) + carried
            with_skill[one["skill"], who] = with_skill.get((one["skill"], who), 0.0) + share
            outside += share / hours_of(one) if party[who] != document["client"] else 0.0
        value += weights.get("risk", 0.0) * one["criticality"] * one.get("specificity", 1.0) * outside
        now = one.get("current")
        if now and (now["lead"], now.get("support")) != way:
            moved += hours_of(one)
    value += weights.get("moved", 0.0) * moved
    breach = 0.0
    for t in document["teams"]:
        for band in document["bands"]:
            most = t.get("capacity", {}).get(band["id"], 0.0) * band["utilisation"]
            breach += prices.get("capacity", 1.0) * max(0.0, load.get((t["id"], band["id"]), 0.0) - most)
    for p in document["parties"]:
        found = of_party.get(p["id"], 0.0)
        breach += prices.get("contract_minimum", 1.0) * max(0.0, p.get("min_hours", 0.0) - found)
        breach += prices.get("contract_maximum", 1.0) * max(0.0, found - p.get("max_hours", math.inf))
    if "change_budget" in document:
        most = document["change_budget"] * sum(map(hours_of, document["lines"]))
        breach += prices.get("change_budget", 1.0) * max(0.0, moved - most)
    for skill in document["skills"]:
        if "max_team_share" in skill:
            most = skill["max_team_share"] * sum(
                hours_of(one) for one in document["lines"] if one["skill"] == skill["id"]
            )
            for t in document["teams"]:
                found = with_skill.get((skill["id"], t["id"]), 0.0)
                breach += prices.get("team_share", 1.0) * max(0.0, found - most)
    return value, breach


def best_by_trying(document: dict[str, Any]) -> tuple[float | None, float | None]:
    """(Value of the best plan that breaks nothing, least cost of breaches); None where there is no plan at all."""
    best: float | None = None
    least: float | None = None
    for plan in itertools.product(*(ways_of(document, one) for one in document["lines"])):
        value, breach = value_of(document, list(plan))
        if breach < 1e-7 and (best is None or value < best):
            best = value
        if least is None or breach < least:
            least = breach
    return best, least


@st.composite
def small(draw: st.DrawFn) -> dict[str, Any]:  # noqa: C901 - one branch for each rule that may be there
    """Instances of a few lines and teams, many of them tight, some impossible."""
    number = st.integers
    parties = [{"id": "own"}, {"id": "north"}, {"id": "south"}]
    for party in parties:
        if draw(st.booleans()):
            party["max_hours"] = float(draw(number(10, 60)))  # type: ignore[assignment]
        elif draw(st.booleans()):
            party["min_hours"] = float(draw(number(0, 15)))  # type: ignore[assignment]
    teams = [
        team(name, party, float(draw(number(30, 90))), float(draw(number(8, 60))))
        for name, party in (("a", "own"), ("b", "north"), ("c", "south"))[: draw(number(2, 3))]
    ]
    lines = []
    for n in range(draw(number(1, 4))):
        one = line(f"l{n}", float(draw(number(4, 20))), criticality=draw(number(0, 4)) / 4)
        if draw(number(0, 4)) == 0:
            one["retained"] = True
        if draw(st.booleans()):
            one["current"] = {"lead": draw(st.sampled_from([t["id"] for t in teams]))}
        if draw(number(0, 3)) == 0:
            one["costs"] = {t["id"]: float(draw(number(200, 1500))) for t in teams}
        lines.append(one)
    made = instance(lines, teams, parties=parties)
    if draw(st.booleans()):
        made["joint"] = {"lead_share": 0.75, "coordination": 0.125}
    if draw(st.booleans()):
        made["change_budget"] = draw(number(0, 4)) / 4
    if draw(number(0, 3)) == 0:
        made["skills"] = [{"id": "net", "max_team_share": 0.75}, {"id": "dba"}]
    if draw(st.booleans()):
        made["weights"] = {"risk": float(draw(number(0, 400))), "moved": float(draw(number(0, 9)))}
    if draw(st.booleans()):
        made["repair_prices"] = {
            "capacity": 2.0,
            "contract_minimum": 1.5,
            "contract_maximum": 3.0,
            "change_budget": 0.5,
        }
    return made
