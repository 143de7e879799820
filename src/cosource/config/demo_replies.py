"""What the demo's desks have ready to say: each party's own, found again at the next start."""

from datetime import datetime

from cosource.config.demo_world import World

# Who leads, title, text, and the step that belongs to it.
REPLIES = (
    (
        "ruth",
        "We are at it",
        "Thank you, {requester}. We work on {reference} and come back to you today.\n\n{me}",
        "assign",
    ),
    (
        "ruth",
        "Does it work for you?",
        "We believe that **{title}** is solved ({reference}). Please try it, and tell us if not.\n\n{me}",
        "resolved",
    ),
    (
        "maya",
        "Access needed",
        "For {reference} we need access at {client}: who lets us in, and from when? It is due {due}.\n\n{me}",
        "waiting_client",
    ),
    (
        "maya",
        "Printer: first steps",
        "Please try in this order:\n\n1. switch it off for a minute\n2. open and close every door\n3. print its own test page",
        "",
    ),
)


def replies_play(world: World, now: datetime) -> int:
    """Write the replies; return how many. The caller holds the transaction."""
    from cosource.tickets.services.canned import canned_save

    for who, title, text, then in REPLIES:
        canned_save(title=title, text=text, then=then, actor=world.actor(who, now), at=now)
    return len(REPLIES)
