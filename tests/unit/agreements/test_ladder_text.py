"""Reading the ladder and what goes with clocks from an agreement's text."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from cosource.agreements.rules.agreement_text import own_desk_problems, parse_agreement
from cosource.agreements.rules.problems import BadAgreement
from cosource.agreements.rules.quick_start import quick_start_text
from cosource.agreements.rules.terms import EscalationTerm, PauseTerm, TargetTerm, Terms

HEAD = """\
name: Desk
starts_on: 2026-01-01
calendars:
  always:
    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"]}
  office:
    hours: {mon: ["08:00-17:00"]}
targets:
  - {kind: resolve, priority: 1, within: 4h, calendar: always}
  - {kind: access, priority: 1, within: 1h, calendar: always}
"""
ALL = frozenset({1, 2, 3, 4, 5})


def read(ladder: str) -> tuple[EscalationTerm, ...]:
    return parse_agreement(HEAD + "escalation:\n" + ladder).escalation


def faults(more: str) -> list[str]:
    with pytest.raises(BadAgreement) as refused:
        parse_agreement(HEAD + more)
    return [str(p) for p in refused.value.problems]


@pytest.mark.req("C8", "C15")
def test_steps_are_read_before_at_and_after_the_due_time() -> None:
    assert read(
        "  - {clock: resolve, priorities: [1], at: 75%, notify: team, hours: office}\n"
        "  - {clock: resolve, priorities: [1], at: due - 30m, notify: team}\n"
        "  - {clock: resolve, at: due, notify: manager}\n"
        "  - {clock: resolve, at: due+1h30m, notify: other_party}\n"
        "  - {clock: accept, priorities: 1, at: due, notify: deputy}\n"
    ) == (
        EscalationTerm(1, "resolve", frozenset({1}), 75, 0, "team", "office"),
        EscalationTerm(2, "resolve", frozenset({1}), None, -30, "team"),
        EscalationTerm(3, "resolve", ALL, None, 0, "manager"),
        EscalationTerm(4, "resolve", ALL, None, 90, "other_party"),
        EscalationTerm(5, "accept", frozenset({1}), None, 0, "deputy"),
    )


@pytest.mark.req("C15")
@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            "{clock: resolve, at: 120%, notify: team}",
            "line 12, escalation.1.at: “120%” is no time of a step; write it like 75%, due, due+30m or due-1h",
        ),
        (
            "{clock: resolve, at: due+, notify: team}",
            "line 12, escalation.1.at: “due+” is no time of a step; write it like 75%, due, due+30m or due-1h",
        ),
        (
            "{clock: resolve, at: due, notify: boss}",
            "line 12, escalation.1.notify: “boss” is not known here; allowed: team, manager, deputy, other_party",
        ),
        (
            "{clock: resolve, at: due, notify: team, hours: night}",
            "line 12, escalation.1.hours: “night” is not known here; allowed: always, office",
        ),
        (
            "{clock: resolve, at: due, notify: team, priorities: [0]}",
            "line 12, escalation.1.priorities: “0” is not a whole number from 1 to 5",
        ),
        (
            "{clock: update, at: due, notify: team}",
            "line 12, escalation.1: no target of the kind update has one of these priorities, so the step never comes",
        ),
        (
            "{clock: resolve, at: due, notify: team, hours: office}",
            "line 12, escalation.1: outside these hours nobody would be told (priority 1); add a step without hours",
        ),
        ("{clock: resolve, notify: team}", "line 12, escalation.1.at: is missing"),
        (
            "{clock: resolve, at: due, notify: team}\n  - {clock: resolve, at: due, notify: team}",
            "line 13, escalation.2: repeats line 12: same clock, time, hours and receiver",
        ),
    ],
)
def test_a_fault_of_a_step_is_named(step: str, fault: str) -> None:
    assert faults(f"escalation:\n  - {step}\n") == [fault]


def test_a_reason_asks_something_of_the_client_only() -> None:
    more = "pause_reasons:\n  badge: {label: Badge, turn: client, asks: access}\n"
    assert parse_agreement(HEAD + more).pause_reasons == (PauseTerm("badge", "Badge", "client", "access"),)
    assert faults("pause_reasons:\n  parts: {label: Parts, turn: third_party, asks: access}\n") == [
        "line 12, pause_reasons.parts.asks: only a reason on the client’s turn asks something of the client"
    ]
    assert faults("pause_reasons:\n  badge: {label: Badge, turn: client, asks: money}\n") == [
        "line 12, pause_reasons.badge.asks: “money” is not known here; allowed: approval, access, answer"
    ]


def test_an_own_desk_has_no_other_side() -> None:
    text = quick_start_text("Desk", date(2026, 1, 1), "UTC", two_parties=True)
    assert [str(p) for p in own_desk_problems(parse_agreement(text))] == [
        "line 41, targets.9.kind: an own desk has no client who owes this",
        "line 42, targets.10.kind: an own desk has no client who owes this",
        "line 43, targets.11.kind: an own desk has no client who owes this",
        "line 44, targets.12.kind: an own desk has no client who owes this",
        "line 73, escalation.7.notify: an own desk has no other party",
    ]


@pytest.mark.req("C15")
def test_a_ladder_is_ordered_by_time_and_rounds_a_share_up() -> None:
    steps = (
        EscalationTerm(1, "resolve", ALL, None, 30, "deputy"),
        EscalationTerm(2, "resolve", ALL, 75, 0, "team"),
        EscalationTerm(3, "resolve", frozenset({1}), None, 0, "manager"),
        EscalationTerm(4, "resolve", ALL, None, -500, "team"),
        EscalationTerm(5, "respond", ALL, None, 0, "team"),
    )
    terms = Terms(
        UUID(int=1),
        None,
        "Desk",
        datetime(2026, 1, 1, tzinfo=UTC),
        calendars={},
        targets=(),
        escalation=steps,
    )
    assert [(m, s.number) for m, s in terms.ladder("resolve", 1, 241)] == [
        (1, 4),
        (181, 2),
        (241, 3),
        (271, 1),
    ]
    assert [(m, s.number) for m, s in terms.ladder("resolve", 2, 240)] == [(1, 4), (180, 2), (270, 1)]
    assert [s.is_warning for s in steps] == [False, True, False, True, False]


def test_accepting_has_a_target_of_its_own_or_the_minutes_for_all() -> None:
    targets = (TargetTerm("respond", 2, 30, "office"), TargetTerm("accept", 1, 15, "always"))
    terms = Terms(
        UUID(int=1),
        None,
        "Desk",
        datetime(2026, 1, 1, tzinfo=UTC),
        calendars={},
        targets=targets,
        accept_minutes=45,
    )
    assert terms.target_for("accept", 1, None, None) == TargetTerm("accept", 1, 15, "always")
    assert terms.target_for("accept", 2, None, None) == TargetTerm("accept", 2, 45, "office")
    assert terms.target_for("accept", 3, None, None) is None
