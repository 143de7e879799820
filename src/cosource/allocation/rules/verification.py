"""Checking a plan against the instance as given: every rule is worked out anew, from the two documents alone.

Nothing here is shared with what makes plans: no model, no reader, no table of eligibility. A plan made by hand or by another
program is checked in the same way. Not here: whether a plan is cheap.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "accountable",
    "known_team",
    "skill",
    "clearance",
    "residency",
    "access",
    "separation_of_duty",
    "retained",
    "partner_only",
    "union",
    "hours_in_band",
    "joint",
    "lock",
    "role_hours",
    "cost",
    "capacity",
    "contract_minimum",
    "contract_maximum",
    "union_minimum",
    "change_budget",
    "partner_share",
    "team_share",
    "total_cost",
)
_RELATIVE = 1e-6
_ABSOLUTE = 1e-6
_CENT = 0.006


@dataclass
class Verdict:
    """`checked`: how often each kind of rule was worked out. `violations`: (kind, whom it concerns, what is wrong)."""

    checked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    violations: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.violations

    def broken(self, kind: str) -> int:
        """Return how many violations there are of a kind."""
        return sum(1 for found, _, _ in self.violations if found == kind)

    def expect(self, kind: str, about: str, holds: bool, otherwise: str) -> None:
        """Count a check, and what it found."""
        self.checked[kind] += 1
        if not holds:
            self.violations.append((kind, about, otherwise))


def verify(instance: Any, plan: Any) -> Verdict:
    """Check every line and every rule. `instance`, `plan`: the parsed documents."""
    verdict = Verdict()
    lines: dict[str, Any] = {}
    for line in instance["lines"]:
        if isinstance(line, dict) and isinstance(line.get("id"), str):
            lines.setdefault(line["id"], line)
    left_out = {entry["line"] for entry in plan.get("blocked", ())}
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in plan["lines"]:
        rows[row["line"]].append(row)
    for name in rows:
        if name not in lines:
            verdict.expect("accountable", name, False, "no such line in the instance")
    planned = {}
    for name, line in lines.items():
        if name in left_out and name not in rows:
            continue
        verdict.expect(
            "accountable", name, len(rows[name]) == 1, f"{len(rows[name])} teams are accountable, not one"
        )
        for row in rows[name][:1]:
            if _line_holds(verdict, instance, line, row):
                planned[name] = (line, row)
    _hours_hold(verdict, instance, planned)
    if "totals" in plan:
        stated, found = plan["totals"]["cost"], math.fsum(row["cost"] for _, row in planned.values())
        verdict.expect(
            "total_cost",
            "plan",
            abs(stated - found) <= _CENT * (1 + len(planned)),
            f"{stated} is not {found}",
        )
    return verdict


def _hours(line: Any) -> float:
    return (
        float(line["effort_hours"]) * float(line.get("occurrences") or 1) * float(line.get("complexity") or 1)
    )


def _line_holds(verdict: Verdict, instance: Any, line: Any, row: Any) -> bool:
    teams = {team["id"]: team for team in instance["teams"]}
    name = line["id"]
    support = row.get("support")
    for who in [row["lead"], *([support] if support else [])]:
        verdict.expect("known_team", name, who in teams, f"there is no team {who}")
        if who not in teams:
            return False
        _team_fits(verdict, instance, line, teams[who])
    asked = line.get("joint") or "allowed"
    if support:
        fits = instance.get("joint") is not None and asked != "never"
        fits = fits and teams[support]["party"] != teams[row["lead"]]["party"]
        verdict.expect("joint", name, fits, f"{row['lead']} and {support} may not share it")
    else:
        verdict.expect("joint", name, asked != "required", "it must be shared by two parties")
    for lock in instance.get("locks") or ():
        if lock["line"] == name:
            same = (lock["lead"], lock.get("support")) == (row["lead"], support)
            verdict.expect("lock", name, same, f"it is settled for {lock['lead']}")
    lead_hours, support_hours = _roles(instance, line, shared=bool(support))
    stated = row["hours"]
    right = math.isclose(stated["lead"], lead_hours, rel_tol=_RELATIVE, abs_tol=1e-4)
    right = right and math.isclose(stated.get("support", 0.0), support_hours, rel_tol=_RELATIVE, abs_tol=1e-4)
    verdict.expect("role_hours", name, right, f"hours are {lead_hours:g} and {support_hours:g}")
    cost = lead_hours * _hourly(line, teams[row["lead"]])
    cost += support_hours * _hourly(line, teams[support]) if support else 0.0
    verdict.expect("cost", name, abs(cost - row["cost"]) <= _CENT, f"it costs {cost:.2f}")
    return True


def _hourly(line: Any, team: Any) -> float:
    given = (line.get("costs") or {}).get(team["id"])
    return float(team.get("rate") or 0.0) if given is None else float(given) / _hours(line)


def _roles(instance: Any, line: Any, *, shared: bool) -> tuple[float, float]:
    if not shared:
        return _hours(line), 0.0
    terms = instance.get("joint") or {}
    lead_share, more = terms.get("lead_share"), terms.get("coordination")
    lead_share = 0.6 if lead_share is None else lead_share
    more = 0.1 if more is None else more
    return _hours(line) * (lead_share + more), _hours(line) * (1 - lead_share)


def _team_fits(verdict: Verdict, instance: Any, line: Any, team: Any) -> None:
    name, who, client = line["id"], team["id"], instance["client"]
    capacity = team.get("capacity") or {}
    checks = {
        "skill": line["skill"] in (team.get("skills") or ()),
        "clearance": (team.get("clearance") or 0) >= (line.get("clearance") or 0),
        "residency": not line.get("residency") or team.get("residency") in line["residency"],
        "access": all(place in (team.get("access") or ()) for place in line.get("access") or ()),
        "separation_of_duty": not any(
            duty in (team.get("duties") or ()) for duty in line.get("separate_from") or ()
        ),
        "retained": not line.get("retained") or team["party"] == client,
        "partner_only": not line.get("partner_only") or team["party"] != client,
        "union": not line.get("reserved_for") or team.get("union") == line["reserved_for"],
        "hours_in_band": (capacity.get(line["band"]) or 0) > 0,
    }
    for kind, holds in checks.items():
        verdict.expect(kind, name, holds, f"{who} may not do it by the rule on {kind.replace('_', ' ')}")


def _hours_hold(verdict: Verdict, instance: Any, planned: dict[str, tuple[Any, Any]]) -> None:
    teams = {team["id"]: team for team in instance["teams"]}
    load: dict[tuple[str, str], list[float]] = defaultdict(list)
    worked: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    of_kind: dict[tuple[str, str], list[float]] = defaultdict(list)
    moved = []
    for line, row in planned.values():
        hours = _hours(line)
        lead, support = row["lead"], row.get("support")
        lead_hours, support_hours = _roles(instance, line, shared=bool(support))
        for who, carried, share in (
            (lead, lead_hours, hours - support_hours),
            (support, support_hours, support_hours),
        ):
            if who:
                load[who, line["band"]].append(carried)
                worked["skill", line["skill"], who].append(share)
                worked["service", str(line.get("service")), teams[who]["party"]].append(share)
        of_kind["skill", line["skill"]].append(hours)
        of_kind["service", str(line.get("service"))].append(hours)
        now = line.get("current")
        if now and (now["lead"], now.get("support")) != (lead, support):
            moved.append(hours)
    for kind, about, found, least, most in _bounds(instance, teams, load, worked, of_kind, moved):
        slack = _ABSOLUTE + _RELATIVE * max(abs(found), 1.0)
        holds = (least is None or found >= least - slack) and (most is None or found <= most + slack)
        wanted = f"at least {least:g}" if least is not None else f"at most {most:g}"
        verdict.expect(kind, about, holds, f"{found:.2f} hours, and it is {wanted}")


def _bounds(  # noqa: PLR0917 - what was counted
    instance: Any, teams: Any, load: Any, worked: Any, of_kind: Any, moved: list[float]
) -> Iterator[tuple[str, str, float, float | None, float | None]]:
    """Give (kind, about, hours found, least, most) of every rule on the hours of many lines."""
    bands = {band["id"]: band for band in instance["bands"]}
    for team in teams.values():
        for name, band in bands.items():
            offered = (team.get("capacity") or {}).get(name) or 0.0
            share = band.get("utilisation")
            yield (
                "capacity",
                f"{team['id']}, {name}",
                math.fsum(load[team["id"], name]),
                None,
                offered * (0.85 if share is None else share),
            )
    for party in instance["parties"]:
        found = math.fsum(math.fsum(h) for (who, _), h in load.items() if teams[who]["party"] == party["id"])
        if party.get("min_hours") is not None:
            yield "contract_minimum", party["id"], found, party["min_hours"], None
        if party.get("max_hours") is not None:
            yield "contract_maximum", party["id"], found, None, party["max_hours"]
    for union in instance.get("unions") or ():
        found = math.fsum(
            math.fsum(h) for (who, _), h in load.items() if teams[who].get("union") == union["id"]
        )
        yield "union_minimum", union["id"], found, union.get("min_hours") or 0.0, None
    if instance.get("change_budget") is not None:
        all_hours = math.fsum(
            hours for (kind, _), some in of_kind.items() if kind == "skill" for hours in some
        )
        yield "change_budget", "plan", math.fsum(moved), None, instance["change_budget"] * all_hours
    client = instance["client"]
    services, skills = instance.get("services") or (), instance["skills"]
    yield from _shares("partner_share", "service", services, "max_partner_share", worked, of_kind, client)
    yield from _shares("team_share", "skill", skills, "max_team_share", worked, of_kind, None)


def _shares(  # noqa: PLR0917 - as above
    kind: str, key: str, rows: Any, limit: str, worked: Any, of_kind: Any, but: str | None
) -> Iterator[tuple[str, str, float, float | None, float | None]]:
    for row in rows:
        if row.get(limit) is None:
            continue
        most = row[limit] * math.fsum(of_kind[key, row["id"]])
        for (what, which, who), hours in worked.items():
            if (what, which) == (key, row["id"]) and who != but:
                yield kind, f"{row['id']}, {who}", math.fsum(hours), None, most
