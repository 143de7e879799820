"""A rule as a value: what must hold of a ticket, and where it then goes.

Ids are 32 hexadecimal digits, as the ledger's facts write them. Not here: how a rule is written (`reading`).
"""

from dataclasses import dataclass

from cosource.calendars.rules.weekly import WeeklyHours

# What a rule may ask of a ticket, apart from words and hours: one of several values.
NAMED = ("kind", "topic", "subtopic", "service", "site", "priority", "language", "team")


@dataclass(frozen=True, slots=True)
class Need:
    """Whom of the team a rule wants: somebody with a skill at a level or above, on duty, who reads the requester's language.

    Without any of these: whoever of the team holds fewest open tickets.
    """

    skill: str = ""
    level: int = 1
    on_duty: bool = False
    language: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ordered list; the first whose conditions all hold decides.

    `when`: pairs of a name of `NAMED` and the values of which one must be the ticket's (empty: nothing is asked). `words`: of
    which one must stand in the title. `teams`: in order of preference, of which the first on duty is taken, or the first;
    none leaves the ticket with the team that has it. `need`: whom of the team; None for nobody yet. `note`: what the team reads.
    """

    id: str
    name: str
    when: tuple[tuple[str, frozenset[str]], ...] = ()
    words: tuple[str, ...] = ()
    hours: WeeklyHours | None = None
    teams: tuple[str, ...] = ()
    need: Need | None = None
    note: str = ""
