"""Each fault in an agreement's text is named with its line, its place, the value, and what would fit."""

import pytest

from cosource.agreements.rules.agreement_text import parse_agreement
from cosource.agreements.rules.problems import BadAgreement

GOOD = """\
name: Harbour Health – Brightline
starts_on: 2026-01-01
timezone: Europe/Berlin
calendars:
  always:
    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"]}
  office:
    hours:
      mon: ["08:00-17:00"]
      fri: ["08:00-12:00"]
targets:
  - {kind: respond, priority: 1, within: 15m, calendar: always}
  - {kind: resolve, priority: 1, minutes: 240, calendar: always}
pause_reasons:
  requester_answer: {label: Waiting for the requester, turn: requester}
priority_matrix:
  - [1, 2, 3]
  - [2, 3, 4]
  - [3, 4, 5]
return_limit: 3
warning_percent: 75
accept_minutes: 30
"""

MATRIX = "[1, 2, 3]\n  - [2, 3, 4]\n  - [3, 4, 5]"
FIRST = "{kind: respond, priority: 1, within: 15m, calendar: always}"

# (what is written, what is written instead, the messages)
CASES = {
    "unknown key": (
        "return_limit: 3",
        "retrun_limit: 3",
        [
            "line 20, retrun_limit: “retrun_limit” is not known here; allowed: name, starts_on, timezone, calendars, targets, pause_reasons, priority_matrix, return_limit, warning_percent, accept_minutes, unchallenged_minutes, in_time_percent, allowed_misses, escalation; did you mean return_limit?"
        ],
    ),
    "key of another world": (
        "return_limit: 3",
        "prices: 3",
        [
            "line 20, prices: “prices” is not known here; allowed: name, starts_on, timezone, calendars, targets, pause_reasons, priority_matrix, return_limit, warning_percent, accept_minutes, unchallenged_minutes, in_time_percent, allowed_misses, escalation"
        ],
    ),
    "no name": (
        "name: Harbour Health – Brightline\n",
        "",
        ["line 1, name: is missing"],
    ),
    "empty name": (
        "name: Harbour Health – Brightline",
        "name:",
        ["line 1, name: is empty"],
    ),
    "long name": (
        "name: Harbour Health – Brightline",
        "name: NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN",
        ["line 1, name: has 121 characters, at most 120 are allowed"],
    ),
    "name is a list": (
        "name: Harbour Health – Brightline",
        "name: [a, b]",
        ["line 1, name: expected a text"],
    ),
    "no start": (
        "starts_on: 2026-01-01\n",
        "",
        ["line 1, starts_on: is missing"],
    ),
    "start in words": (
        "starts_on: 2026-01-01",
        "starts_on: next January",
        [
            "line 2, starts_on: “next January” is not a date of the years 1970 to 2199; write it like 2026-12-24"
        ],
    ),
    "start on no day": (
        "starts_on: 2026-01-01",
        "starts_on: 2026-02-30",
        ["line 2, starts_on: “2026-02-30” is not a date of the years 1970 to 2199; write it like 2026-12-24"],
    ),
    "start without dashes": (
        "starts_on: 2026-01-01",
        "starts_on: 20260101",
        ["line 2, starts_on: “20260101” is not a date of the years 1970 to 2199; write it like 2026-12-24"],
    ),
    "start long ago": (
        "starts_on: 2026-01-01",
        "starts_on: 1850-01-01",
        ["line 2, starts_on: “1850-01-01” is not a date of the years 1970 to 2199; write it like 2026-12-24"],
    ),
    "unknown zone": (
        "timezone: Europe/Berlin",
        "timezone: Europe/Berlinn",
        [
            "line 3, timezone: “Europe/Berlinn” is not a zone of the time zone database; write it like Europe/Berlin"
        ],
    ),
    "zone outside the database": (
        "timezone: Europe/Berlin",
        "timezone: ../../etc/passwd",
        [
            "line 3, timezone: “../../etc/passwd” is not a zone of the time zone database; write it like Europe/Berlin"
        ],
    ),
    "empty zone": (
        "timezone: Europe/Berlin",
        "timezone:",
        ["line 3, timezone: is empty"],
    ),
    "unknown weekday": (
        '      fri: ["08:00-12:00"]',
        '      friday: ["08:00-12:00"]',
        [
            "line 8, calendars.office.hours: 'friday' is not known here; allowed: mon, tue, wed, thu, fri, sat, sun"
        ],
    ),
    "bad window": (
        '      fri: ["08:00-12:00"]',
        '      fri: ["8-12"]',
        ["line 10, calendars.office.hours.fri: '8-12' is not a window; write it like 08:00-17:00"],
    ),
    "calendar without hours": (
        '    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"]}',
        "    hours: {}",
        [
            "line 6, calendars.always.hours: no weekday has a working minute, so that nothing would ever be due"
        ],
    ),
    "calendar is a word": (
        '    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"]}',
        "    always",
        ["line 5, calendars.always: expected keys with values"],
    ),
    "unknown calendar key": (
        '    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"]}',
        '    hour: {mon: ["00:00-24:00"]}',
        ["line 5, calendars.always: 'hour' is not known here; allowed: timezone, hours, holidays"],
    ),
    "calendar without name": (
        "  always:\n",
        '  "":\n',
        [
            "line 5, calendars: a name has 1 to 60 characters",
            "line 12, targets.1.calendar: “always” is not known here; allowed: office",
            "line 13, targets.2.calendar: “always” is not known here; allowed: office",
        ],
    ),
    "calendars are a list": (
        'calendars:\n  always:\n    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"]}\n  office:\n    hours:\n      mon: ["08:00-17:00"]\n      fri: ["08:00-12:00"]',
        "calendars: [always]",
        [
            "line 4, calendars: expected keys with values",
            "line 6, targets.1.calendar: “always” is not known here; there is none",
            "line 7, targets.2.calendar: “always” is not known here; there is none",
        ],
    ),
    "unknown kind": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respnd, priority: 1, within: 15m, calendar: always}",
        [
            "line 12, targets.1.kind: “respnd” is not known here; allowed: respond, accept, update, restore, resolve, approval, access, answer; did you mean respond?"
        ],
    ),
    "priority out of range": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 6, within: 15m, calendar: always}",
        ["line 12, targets.1.priority: “6” is not a whole number from 1 to 5"],
    ),
    "priority in words": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: high, within: 15m, calendar: always}",
        ["line 12, targets.1.priority: “high” is not a whole number from 1 to 5"],
    ),
    "no priority": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, within: 15m, calendar: always}",
        ["line 12, targets.1.priority: is missing"],
    ),
    "unknown calendar": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 15m, calendar: ofice}",
        [
            "line 12, targets.1.calendar: “ofice” is not known here; allowed: always, office; did you mean office?"
        ],
    ),
    "bad amount": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: soon, calendar: always}",
        ["line 12, targets.1.within: “soon” is not an amount of time; write it like 30m, 4h, 1h 30m or 2d"],
    ),
    "clock-like amount": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 1:30, calendar: always}",
        ["line 12, targets.1.within: “1:30” is not an amount of time; write it like 30m, 4h, 1h 30m or 2d"],
    ),
    "days of uneven length": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 2d, calendar: office}",
        ["line 12, targets.1.within: “2d”: the working days of this calendar differ in length; write hours"],
    ),
    "nothing at all": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 0m, calendar: always}",
        ["line 12, targets.1.within: “0m” is 0 minutes; it must be 1 to 525600"],
    ),
    "more than a year": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 9000h, calendar: always}",
        ["line 12, targets.1.within: “9000h” is 540000 minutes; it must be 1 to 525600"],
    ),
    "both amounts": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 15m, minutes: 15, calendar: always}",
        ["line 12, targets.1: give either minutes, such as 240, or within, such as 4h or 2d"],
    ),
    "no amount": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, calendar: always}",
        ["line 12, targets.1: give either minutes, such as 240, or within, such as 4h or 2d"],
    ),
    "negative minutes": (
        "minutes: 240",
        "minutes: -240",
        ["line 13, targets.2.minutes: “-240” is not a whole number from 1 to 525600"],
    ),
    "minutes with a fraction": (
        "minutes: 240",
        "minutes: 240.5",
        ["line 13, targets.2.minutes: “240.5” is not a whole number from 1 to 525600"],
    ),
    "unknown target key": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "{kind: respond, priority: 1, within: 15m, calendar: always, sites: North}",
        [
            "line 12, targets.1.sites: “sites” is not known here; allowed: kind, priority, minutes, within, calendar, site, service; did you mean site?"
        ],
    ),
    "target is a word": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        "respond within 15m",
        ["line 12, targets.1: expected keys with values"],
    ),
    "empty site": (
        "{kind: respond, priority: 1, within: 15m, calendar: always}",
        '{kind: respond, priority: 1, within: 15m, calendar: always, site: ""}',
        ["line 12, targets.1.site: is empty"],
    ),
    "repeated target": (
        "{kind: resolve, priority: 1, minutes: 240, calendar: always}",
        "{kind: respond, priority: 1, minutes: 20, calendar: always}",
        ["line 13, targets.2: repeats line 12: same kind, priority, site and service"],
    ),
    "no targets": (
        "targets:\n  - {kind: respond, priority: 1, within: 15m, calendar: always}\n  - {kind: resolve, priority: 1, minutes: 240, calendar: always}\n",
        "",
        ["line 1, targets: is missing"],
    ),
    "empty targets": (
        "targets:\n  - {kind: respond, priority: 1, within: 15m, calendar: always}\n  - {kind: resolve, priority: 1, minutes: 240, calendar: always}\n",
        "targets: []\n",
        ["line 11, targets: needs at least one"],
    ),
    "targets as keys": (
        "targets:\n  - {kind: respond, priority: 1, within: 15m, calendar: always}\n  - {kind: resolve, priority: 1, minutes: 240, calendar: always}\n",
        "targets: {a: b}\n",
        ["line 11, targets: expected a list"],
    ),
    "unknown turn": (
        "turn: requester",
        "turn: vendor",
        [
            "line 15, pause_reasons.requester_answer.turn: “vendor” is not known here; allowed: requester, client, partner, third_party"
        ],
    ),
    "reason without label": (
        "{label: Waiting for the requester, turn: requester}",
        "{turn: requester}",
        ["line 15, pause_reasons.requester_answer.label: is missing"],
    ),
    "reason key in capitals": (
        "  requester_answer:",
        "  Requester answer:",
        [
            "line 15, pause_reasons.Requester answer: a key has up to 40 small letters, digits and underscores, a letter first"
        ],
    ),
    "matrix too small": (
        "  - [3, 4, 5]\n",
        "",
        ["line 16, priority_matrix: expected 3 rows (impact) of 3 priorities (urgency)"],
    ),
    "matrix cell": (
        "  - [3, 4, 5]\n",
        "  - [3, 4, 9]\n",
        ["line 19, priority_matrix.3.3: “9” is not a whole number from 1 to 5"],
    ),
    "matrix upside down": (
        "  - [3, 4, 5]\n",
        "  - [3, 4, 1]\n",
        ["line 16, priority_matrix.3.3: priority 1 is higher than that of a graver case, 4"],
    ),
    "return limit none": (
        "return_limit: 3",
        "return_limit: 0",
        ["line 20, return_limit: “0” is not a whole number from 1 to 50"],
    ),
    "warning after due": (
        "warning_percent: 75",
        "warning_percent: 120",
        ["line 21, warning_percent: “120” is not a whole number from 1 to 99"],
    ),
    "promised over all": (
        "return_limit: 3",
        "in_time_percent: 101",
        ["line 20, in_time_percent: “101” is not a whole number from 1 to 100"],
    ),
    "misses of nothing promised": (
        "return_limit: 3",
        "allowed_misses: 2",
        ["line 20, allowed_misses: goes with in_time_percent, which is not given"],
    ),
    "accept in words": (
        "accept_minutes: 30",
        "accept_minutes: half an hour",
        ["line 22, accept_minutes: “half an hour” is not a whole number from 1 to 525600"],
    ),
    "key twice": (
        "return_limit: 3",
        "name: Other",
        ["line 20: the key “name” is given twice"],
    ),
    "anchor": (
        "name: Harbour Health – Brightline",
        "name: &n Harbour",
        ["line 1: anchors and aliases (& and *) are not used here; write the value out"],
    ),
    "alias": (
        "return_limit: 3",
        "return_limit: *limit",
        ["line 20: anchors and aliases (& and *) are not used here; write the value out"],
    ),
    "tag": (
        "return_limit: 3",
        "return_limit: !!python/object/apply:os.system [ls]",
        ["line 20: tags (!) are not used here; write the plain value"],
    ),
    "tab": (
        "timezone: Europe/Berlin",
        "\ttimezone: Europe/Berlin",
        ["line 3: this is not YAML: found character '\\t' that cannot start any token"],
    ),
    "not closed": (
        "  - [3, 4, 5]\n",
        "  - [3, 4, 5\n",
        ["line 20: this is not YAML: expected ',' or ']', but got ':'"],
    ),
    "second document": (
        "accept_minutes: 30\n",
        "accept_minutes: 30\n---\nname: Other\n",
        ["line 23: only one document is read; remove the line ---"],
    ),
    "nul character": (
        "accept_minutes: 30",
        "accept_minutes: 3\x000",
        ["line 22: this holds a character that no text needs"],
    ),
    "deep": (
        "return_limit: 3",
        "return_limit: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
        ["line 20: this is nested deeper than 8 levels"],
    ),
    "key is a list": (
        "return_limit: 3",
        "? [a, b]\n: 3",
        ["line 20: a key must be a plain word"],
    ),
}


def changed(was: str, becomes: str) -> str:
    assert GOOD.count(was) == 1, was
    return GOOD.replace(was, becomes)


def messages(text: str) -> list[str]:
    with pytest.raises(BadAgreement) as refused:
        parse_agreement(text)
    return [str(problem) for problem in refused.value.problems]


def test_the_text_that_the_cases_change_is_good() -> None:
    assert parse_agreement(GOOD).name == "Harbour Health – Brightline"


@pytest.mark.req("C8")
@pytest.mark.parametrize("case", CASES, ids=CASES)
def test_a_fault_is_named(case: str) -> None:
    was, becomes, expected = CASES[case]
    assert messages(changed(was, becomes)) == expected
