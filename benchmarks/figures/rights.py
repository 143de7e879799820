"""How soon a right that was taken away is felt: `python -m benchmarks.figures.rights PATTERN TICKETS`.

A partner's manager reads lists over a desk of however many tickets; the right is ended by the service, and the time is taken
from its call to the first page that shows nothing of them.
"""

import pickle
import sys
import time
from pathlib import Path

from benchmarks.figures.setting import Reader, set_up
from benchmarks.measuring import Figure, hand_in

LIMIT_SECONDS = 1


def main(pattern_file: Path, tickets: int) -> None:
    set_up()
    from django.db import connection

    from cosource.config.wsgi import application
    from cosource.foundation import clock
    from cosource.foundation.sight import TECHNICIAN
    from cosource.parties.models import Grant, Person
    from cosource.parties.services.grants import grant_end

    world = pickle.loads(pattern_file.read_bytes()).world
    person = Person.objects.get(pk=world.people["p1.pt"].pk)
    engagement = world.engagements["c1p1"].id
    reader = Reader(application, person)
    manager = world.actor("p1.pm", at=clock.now())
    before = reader.get("/tickets/").count(b"/tickets/")
    covered = world.organizations["p1"].id
    from cosource.tickets.models import Participation

    reached = Participation.objects.filter(organization_id=covered, engagement_id=engagement).count()
    grant = Grant.objects.get(person=person, engagement_id=engagement, role=TECHNICIAN, ends_at__isnull=True)
    began = time.monotonic()
    grant_end(grant_id=grant.id, actor=manager, at=clock.now())
    after = before
    while after >= before and time.monotonic() - began < 60:
        after = reader.get("/tickets/").count(b"/tickets/")
    felt = time.monotonic() - began
    # The world is kept for others, whose clock begins anew: the right goes on as if it had never ended.
    Grant.objects.filter(pk=grant.pk).update(ends_at=None)
    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    hand_in(
        [
            Figure(
                "a right that ends is felt after",
                round(felt, 3),
                "s",
                LIMIT_SECONDS,
                on=f"{sort}, {tickets:,}",
                note=f"its engagement has {reached:,} tickets; links on the page before {before}, after {after}",
            )
        ]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
