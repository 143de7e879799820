"""The demo's telephone: people with numbers, logged calls, what was counted, and an answer to a question."""

from datetime import datetime, timedelta

from cosource.config.demo_world import BRIGHTLINE, HARBOUR, World

_NUMBERS = {"priya": "+44 117 496 0134", "elena": "+44 117 496 0158", "nadia": "+44 117 496 0171"}
# Seconds until it was answered; negative: until it was given up.
_WAITS = (6, 11, 4, 19, 27, 8, -5, 42, 13, 7, 22, -38, 16, 9, 31, 12, 5, -71, 24, 10)
_DAYS = 21


def calls_play(world: World, now: datetime) -> int:
    """Log two calls, bring in what was counted, ask one question; return how many calls. The caller holds the transaction."""
    from cosource.parties.services.people import person_phone_set
    from cosource.tickets.rules.calls import CallRow
    from cosource.tickets.services.calls import calls_bring
    from cosource.tickets.services.contacts import contact_log
    from cosource.tickets.services.surveys import survey_answer, survey_settings_set

    engagement = world.engagements[HARBOUR, BRIGHTLINE]
    ruth = world.actor("ruth", now)
    for key, phone in _NUMBERS.items():
        person_phone_set(person_id=world.people[key], phone=phone, actor=ruth, at=now)
    survey_settings_set(active=True, every_days=14, own_only=False, actor=ruth, at=now)
    at = now - timedelta(minutes=25)
    solved = contact_log(
        title="Locked out after the password change",
        text="Unlocked, and the saved password on the phone removed.",
        solved=True,
        requester_id=world.people["priya"],
        actor=world.actor("tom", at),
        at=at,
        demo=True,
    )
    contact_log(
        title="Printer at the reception pulls two sheets",
        channel="walk_up",
        requester_name="Reception, Northgate",
        service_id=world.services[HARBOUR, "Printing"],
        engagement_id=engagement,
        actor=world.actor("maya", at),
        at=at,
        demo=True,
    )
    survey_answer(
        ticket_id=solved.id,
        score=5,
        text="Two minutes on the phone, thank you.",
        actor=world.actor("priya", now),
        at=now,
    )
    rows = []
    for number in range(_DAYS * len(_WAITS)):
        day, place = divmod(number, len(_WAITS))
        wait = _WAITS[(place + day) % len(_WAITS)]
        offered = now - timedelta(days=day + 1) + timedelta(minutes=17 * place)
        then = offered + timedelta(seconds=abs(wait))
        answered, abandoned = (then, None) if wait > 0 else (None, then)
        rows.append(CallRow(f"demo-{number}", offered, answered, abandoned, queue="Workplace"))
    calls_bring(
        rows=rows,
        source="Telephone",
        engagement_id=engagement,
        actor=world.actor("maya", now),
        at=now,
        demo=True,
    )
    return len(rows)
