"""Scenarios by name: those that an instance has, and three kinds that need no preparation."""

from cosource.allocation.rules.fields import Problem, nearest, shown
from cosource.allocation.rules.instance import Instance, Scenario
from cosource.allocation.rules.reading import BadInstance


def scenario_named(instance: Instance, name: str) -> Scenario:
    """Return the scenario of that name, or what `volume=1.2`, `without-team=ID`, `without-party=ID` says. Raises: BadInstance."""
    for known in instance.scenarios:
        if known.id == name:
            return known
    kind, given, value = name.partition("=")
    if given and kind == "volume":
        try:
            volume = float(value)
        except ValueError:
            volume = 0.0
        if 0 < volume < 100:
            return Scenario(name, volume=volume)
        raise _refused(
            name, f"{shown(value)} is no factor", "give one above 0 and below 100, such as volume=1.2"
        )
    if given and kind == "without-team":
        if value in instance.team_named:
            return Scenario(name, without_teams=frozenset({value}))
        raise _refused(name, f"there is no team {shown(value)}", nearest(value, instance.team_named))
    if given and kind == "without-party":
        parties = {party.id for party in instance.parties}
        if value in parties:
            return Scenario(name, without_parties=frozenset({value}))
        raise _refused(name, f"there is no party {shown(value)}", nearest(value, parties))
    known_names = [known.id for known in instance.scenarios]
    raise _refused(
        name,
        "there is no such scenario",
        nearest(name, [*known_names, "all", "volume=", "without-team=", "without-party="]),
    )


def _refused(name: str, what: str, remedy: str) -> BadInstance:
    return BadInstance([Problem(f'scenario "{name}"', what, remedy)])
