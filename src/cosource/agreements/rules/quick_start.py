"""A ready agreement to begin with: four priorities, two calendars, three pause reasons, a ladder.

Not here: whose it is; the text names no site and no service, so it fits any engagement and any own desk.
"""

import json
from datetime import date

_TEXT = """\
# Terms that run: each target below is a clock on the tickets it fits.
name: {name}
starts_on: {starts_on}
timezone: {zone}

calendars:
  always:
    hours:
{always}
  office:
    hours:
{office}

# Rows are impact 1 to 3, columns urgency 1 to 3; four priorities in all.
priority_matrix:
  - [1, 2, 3]
  - [2, 3, 4]
  - [3, 4, 4]

# Business time by the calendar named. A day (d) is one working day of it.
targets:
  - {{kind: respond, priority: 1, within: 15m, calendar: always}}
  - {{kind: respond, priority: 2, within: 30m, calendar: always}}
  - {{kind: respond, priority: 3, within: 2h, calendar: office}}
  - {{kind: respond, priority: 4, within: 1d, calendar: office}}
  - {{kind: resolve, priority: 1, within: 4h, calendar: always}}
  - {{kind: resolve, priority: 2, within: 8h, calendar: always}}
  - {{kind: resolve, priority: 3, within: 2d, calendar: office}}
  - {{kind: resolve, priority: 4, within: 5d, calendar: office}}
{obligations}
# A clock may stop for these reasons only, and only for the party whose turn it is not.
pause_reasons:
  requester_answer: {{label: Waiting for the requester’s answer, turn: requester}}
  client_access: {{label: Waiting for access or approval by the client, turn: client{asks}}}
  third_party_delivery: {{label: Waiting for a third party’s delivery, turn: third_party}}

# A ticket that came back to a party this often gets one named owner.
return_limit: 3
# A clock warns when this share of its target is used.
warning_percent: 75
# How long an offered handover may wait for its answer.
accept_minutes: 30
# How long the side that asked may say that an answer was none; the pause then goes on as if it had not ended.
unchallenged_minutes: 30

# Of a hundred times to resolve that fall due in a period so many are to be kept; however few fall due, so many may be missed.
in_time_percent: 90
allowed_misses: 1

# Who is told when a clock has come so far: team, manager, deputy of the side whose turn it is{other}.
escalation:
  - {{clock: accept, at: due, notify: team}}
  - {{clock: accept, at: due+30m, notify: manager}}
  - {{clock: respond, at: due, notify: team}}
  - {{clock: resolve, priorities: [1, 2], at: 75%, notify: team}}
  - {{clock: resolve, priorities: [1, 2], at: due, notify: manager}}
  - {{clock: resolve, priorities: [1, 2], at: due+30m, notify: deputy}}
{to_other}  - {{clock: resolve, priorities: [3, 4], at: due, notify: team}}
  - {{clock: resolve, priorities: [3, 4], at: due+4h, notify: manager}}
"""

_OBLIGATIONS = """\
  # What the client owes while the work waits for it.
  - {kind: access, priority: 1, within: 1h, calendar: always}
  - {kind: access, priority: 2, within: 2h, calendar: always}
  - {kind: access, priority: 3, within: 1d, calendar: office}
  - {kind: access, priority: 4, within: 2d, calendar: office}
"""
_TO_OTHER = """\
  - {clock: resolve, priorities: [1, 2], at: due+1h, notify: other_party}
  - {clock: access, at: due, notify: manager}
"""

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def quick_start_text(name: str, starts_on: date, timezone: str, *, two_parties: bool = False) -> str:
    """Write the ready agreement.

    `two_parties`: for an engagement, with what the client owes and steps to the other party.
    `timezone`: the zone in which the agreement starts and its office hours are meant, such as Europe/Berlin.

    >>> quick_start_text("Harbour Health – Brightline", date(2026, 1, 1), "Europe/Berlin").splitlines()[1:4]
    ['name: "Harbour Health – Brightline"', 'starts_on: 2026-01-01', 'timezone: Europe/Berlin']
    """
    return _TEXT.format(
        # One line, in quotes: a name may hold a colon, a hash or a quotation mark.
        name=json.dumps(" ".join(name.split()), ensure_ascii=False),
        starts_on=starts_on.isoformat(),
        zone=timezone,
        obligations=_OBLIGATIONS if two_parties else "",
        asks=", asks: access" if two_parties else "",
        other=", then the other party" if two_parties else "",
        to_other=_TO_OTHER if two_parties else "",
        always=_hours(_WEEK, "00:00-24:00"),
        office=_hours(_WEEK[:5], "08:00-17:00"),
    )


def _hours(days: tuple[str, ...], window: str) -> str:
    return "\n".join(f'      {day}: ["{window}"]' for day in days)
