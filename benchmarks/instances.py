"""Allocation instances of any size, of three shapes, each from a seed.

Every instance holds a plan that was drawn first and is then forgotten: capacities are what that plan loads, divided by the
share that is to be loaded. So it can be done, and no reserve is larger than it says.
"""

from collections import defaultdict
from random import Random
from typing import Any

CLIENT, PARTNERS = "harbour", ("brightline", "kestrel", "tern")
BANDS = ("day", "evening", "night")
LEAD, COORDINATION = 0.6, 0.08


def even(lines: int, teams: int, load: float, seed: int) -> dict[str, Any]:
    """Work of many kinds, about as much of each; costs differ by line and team."""
    random = Random(f"even {seed}")
    skills = [f"skill-{n:02}" for n in range(min(40, teams))]
    staff = _teams(random, teams, skills, each=8)
    work = [
        _line(
            random,
            number,
            random.choice(skills),
            random.choices(BANDS, (6, 3, 1))[0],
            hours=random.lognormvariate(3.2, 0.7),
        )
        for number in range(lines)
    ]
    for line in work:
        line["costs"] = _own_costs(random, line, staff, 0.12)
    return _instance(random, work, staff, skills, load, joint=True, moved=None)


def heavy(lines: int, teams: int, load: float, seed: int) -> dict[str, Any]:
    """A few skills have most of the work, a few lines most of the hours; a share of what is current may change."""
    random = Random(f"heavy {seed}")
    work, staff, skills = _lumps(random, lines, teams, each=8, shifts=(8, 2, 0))
    return _instance(random, work, staff, skills, load, joint=False, moved=0.5, room=0.2)


def lumpy(lines: int, teams: int, load: float, seed: int) -> dict[str, Any]:
    """As `heavy`, with fewer teams for each skill and shifts in which a team has a handful of lines: little to make a fit of."""
    random = Random(f"lumpy {seed}")
    work, staff, skills = _lumps(random, lines, teams, each=5, shifts=(8, 1, 1))
    return _instance(random, work, staff, skills, load, joint=False, moved=0.25)


def _lumps(
    random: Random, lines: int, teams: int, *, each: int, shifts: tuple[int, int, int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Return lines of very different weight, the teams, and the skills. `each`: of a team; `shifts`: the share of each."""
    skills = [f"skill-{n:02}" for n in range(min(25, teams))]
    staff = _teams(random, teams, skills, each=each)
    weights = [1 / (n + 1) for n in range(len(skills))]
    work = [
        _line(
            random,
            number,
            random.choices(skills, weights)[0],
            random.choices(BANDS, shifts)[0],
            hours=min(160.0, 8 * random.paretovariate(1.4)),
        )
        for number in range(lines)
    ]
    for line in work:
        line["costs"] = _own_costs(random, line, staff, 0.3)
    return work, staff, skills


def sited(lines: int, teams: int, load: float, seed: int) -> dict[str, Any]:
    """Work at sites that few may enter, at plain rates, so that many plans cost about the same; waiting and risk are priced."""
    random = Random(f"sited {seed}")
    skills = [f"skill-{n:02}" for n in range(min(12, teams))]
    sites = [f"site-{n:02}" for n in range(15)]
    staff = _teams(random, teams, skills, each=6)
    for team in staff:
        team["access"] = sorted(random.sample(sites, 8))
        team["people"] = {}
    work = []
    for number in range(lines):
        hours = random.choice((4, 8, 12, 24, 52)) * random.choice((0.5, 1.0, 1.5, 2.0))
        line = _line(random, number, random.choice(skills), random.choice(BANDS[:2]), hours=hours)
        line["access"] = [random.choice(sites)]
        work.append(line)
    made = _instance(random, work, staff, skills, load, joint=True, moved=None)
    made["access"] = sites
    made["weights"] = {"risk": 40.0, "waiting": 2.0}
    for team in staff:
        team["people"] = {band: max(1, round(hours / 1_500)) for band, hours in team["capacity"].items()}
    return made


SHAPES = {"even": even, "heavy": heavy, "sited": sited}


def _teams(random: Random, count: int, skills: list[str], each: int) -> list[dict[str, Any]]:
    teams = []
    for number in range(count):
        party = CLIENT if number % 2 == 0 else PARTNERS[number // 2 % len(PARTNERS)]
        teams.append(
            {
                "id": f"{party}-{number:02}",
                "party": party,
                "skills": sorted({skills[number % len(skills)], *random.sample(skills, each - 1)}),
                "clearance": random.choice((1, 2, 3)),
                "rate": round(random.uniform(55, 75) if party == CLIENT else random.uniform(38, 95), 2),
            }
        )
    return teams


def _line(random: Random, number: int, skill: str, band: str, *, hours: float) -> dict[str, Any]:
    return {
        "id": f"line-{number:05}",
        "skill": skill,
        "band": band,
        "service": f"service-{number % 60:02}",
        "occurrences": 12,
        "effort_hours": round(max(hours, 1.0) / 12, 4),
        "criticality": round(random.random(), 2),
        "specificity": round(random.random(), 2),
        "clearance": random.choices((0, 1, 2), (6, 3, 1))[0],
        "retained": random.random() < 0.05,
        "partner_only": random.random() < 0.03,
    }


def _own_costs(
    random: Random, line: dict[str, Any], staff: list[dict[str, Any]], spread: float
) -> dict[str, float]:
    hours = line["occurrences"] * line["effort_hours"]
    able = [team for team in staff if line["skill"] in team["skills"]]
    return {
        team["id"]: round(hours * team["rate"] * random.uniform(1 - spread, 1 + spread), 2) for team in able
    }


def _may(line: dict[str, Any], team: dict[str, Any]) -> bool:
    return (
        line["skill"] in team["skills"]
        and line["clearance"] <= team["clearance"]
        and set(line.get("access", ())) <= set(team.get("access", ()))
        and not (line["retained"] and team["party"] != CLIENT)
        and not (line["partner_only"] and team["party"] == CLIENT)
    )


def _instance(
    random: Random,
    work: list[dict[str, Any]],
    staff: list[dict[str, Any]],
    skills: list[str],
    load: float,
    *,
    joint: bool,
    moved: float | None,
    room: float = 0.01,
) -> dict[str, Any]:
    used: dict[tuple[str, str], float] = defaultdict(float)
    of_party: dict[str, float] = defaultdict(float)
    of_service: dict[tuple[str, str], float] = defaultdict(float)
    service_hours: dict[str, float] = defaultdict(float)
    changed = total = 0.0
    for line in work:
        able = [team for team in staff if _may(line, team)]
        if not able:
            line |= {
                "retained": False,
                "partner_only": False,
                "clearance": 0,
                "access": line.get("access", [])[:0],
            }
            able = [team for team in staff if _may(line, team)]
        hours = line["occurrences"] * line["effort_hours"]
        lead = random.choice(able)
        others = [team for team in able if team["party"] != lead["party"]]
        shared = [(lead, 1.0)]
        if joint and others and random.random() < 0.15:
            shared = [(lead, LEAD + COORDINATION), (random.choice(others), 1 - LEAD)]
        for team, share in shared:
            used[team["id"], line["band"]] += hours * share
            of_party[team["party"]] += hours * share
            of_service[line["service"], team["party"]] += hours * share
        service_hours[line["service"]] += hours
        total += hours
        if moved is not None:
            stays = random.random() > moved * 0.8 or len(shared) > 1
            changed += 0.0 if stays else hours
            line["current"] = {"lead": lead["id"] if stays else random.choice(able)["id"]}
    for team in staff:
        team["capacity"] = {
            band: round(used[team["id"], band] / load / 0.85, 3) for band in BANDS if used[team["id"], band]
        }
    worst = {
        service: max(of_service[service, partner] for partner in PARTNERS) / hours
        for service, hours in service_hours.items()
    }
    parties = [{"id": CLIENT, "min_hours": round(of_party[CLIENT] * 0.8, 3)}] + [
        {"id": p, "min_hours": round(of_party[p] * 0.85, 3), "max_hours": round(of_party[p] * 1.1, 3)}
        for p in PARTNERS
    ]
    made: dict[str, Any] = {
        "format": "cosource-allocation/1",
        "client": CLIENT,
        "parties": parties,
        "bands": [{"id": band} for band in BANDS],
        "skills": [{"id": skill} for skill in skills],
        "services": [
            {"id": service, "max_partner_share": round(min(1.0, worst[service] + 0.05), 3)}
            if number % 3 == 0
            else {"id": service}
            for number, service in enumerate(sorted(service_hours))
        ],
        "teams": staff,
        "lines": work,
    }
    if joint:
        made["joint"] = {"lead_share": LEAD, "coordination": COORDINATION}
    if moved is not None:
        made["change_budget"] = round(changed / total + room, 4)
        made["weights"] = {"moved": 2.0}
    return made
