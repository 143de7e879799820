"""An import that is killed at any moment and started again comes to the same end as one that was left alone.

The command runs in a process of its own and gets no chance to tidy up.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest
from tests.databases import current_url
from tests.integration.bridges.log import HEADING, MAPPING, story
from tests.worlds import two_clients_three_partners

from cosource.bridges.models import Import
from cosource.foundation.models import Entry
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import Organization
from cosource.tickets.models import (
    Participation,
    Pause,
    Possession,
    SeriesCounter,
    StatedFigures,
    Ticket,
    TicketReference,
)

# Kills and tickets of a quick run, and of a proof.
QUICK, IN_FULL = (2, 800), (6, 2_000)
PATHS = ("Desk W1 N1 Desk", "W1 W2 - W1", "N1", "Desk - Desk", "Desk W2 Desk N1 W2 Desk")


@pytest.fixture
def size(request):
    return IN_FULL if request.config.getoption("--proof") else QUICK


@pytest.fixture
def files(tmp_path, size):
    """A log of so many tickets and its mapping."""
    noise = random.Random(7)
    log = tmp_path / "log.csv"
    rows = (story(f"T{n:04}", noise.choice(PATHS), closed=noise.random() < 0.9) for n in range(size[1]))
    log.write_text(HEADING + "".join(rows))
    mapping = tmp_path / "old-desk.toml"
    mapping.write_text(MAPPING)
    return log, mapping


def command(files, url: str, data: Path, *more: str) -> subprocess.Popen[bytes]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("COSOURCE_", "DJANGO_"))}
    log, mapping = files
    return subprocess.Popen(
        [sys.executable, "-m", "cosource", "import", str(log), "--mapping", str(mapping), *more],
        env=environ
        | {"COSOURCE_DATABASE_URL": url, "COSOURCE_DATA_DIR": str(data), "COSOURCE_LOG_LEVEL": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def everything() -> str:
    """A digest of all that the import wrote, free of ids, salts and the times of recording."""
    tickets = dict(Ticket.objects.values_list("id", "source_key"))
    parties = dict(Organization.objects.values_list("id", "name"))

    def rows(model, *names: str) -> list[str]:
        found = model._default_manager.filter(ticket_id__in=tickets).values_list("ticket_id", *names)
        return sorted(
            str([tickets[ticket], *(parties.get(v, v) if isinstance(v, UUID) else v for v in rest)])
            for ticket, *rest in found
        )

    said = [
        sorted(
            json.dumps(row, default=str)
            for row in Ticket.objects.values_list(
                "source_key",
                "title",
                "state",
                "priority",
                "handovers",
                "returns",
                "opened_at",
                "closed_at",
                "version",
            )
        ),
        rows(TicketReference, "number", "text"),
        rows(Participation, "organization_id", "kind", "reference", "holds", "came_back", "open", "turn"),
        rows(Possession, "sequence", "organization_id", "team__name", "from_at", "until_at"),
        rows(Pause, "sequence", "turn", "reason", "from_at", "until_at"),
        rows(StatedFigures, "kept"),
        sorted(SeriesCounter.objects.values_list("last", flat=True)),
        sorted(
            json.dumps([tickets[ticket], seq, at, facts["state"], facts["source_state"]], default=str)
            for ticket, seq, at, facts in Entry.objects.filter(kind="ticket.source_line/1").values_list(
                "subject_id", "source_seq", "occurred_at", "facts"
            )
        ),
        Entry.objects.filter(kind="ticket.source_names/1").count(),
        sorted(Entry.objects.filter(kind__startswith="team.").values_list("kind", flat=True)),
    ]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def position() -> int:
    return Import.objects.values_list("position", flat=True).first() or 0


def killed_once(files, url: str, data: Path, noise: random.Random) -> bool:
    """Start the command and kill it in the middle of a batch some time after its first; false when it came to its end."""
    began = position()
    process = command(files, url, data)
    while process.poll() is None and position() == began:
        time.sleep(0.02)
    time.sleep(noise.uniform(0, 0.25))
    if process.poll() is not None:
        process.communicate()
        return False
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return True


@pytest.mark.req("X5")
def test_killed_at_any_moment_it_comes_to_the_same_end(
    files, size, database_url, database_template, tmp_path
):
    most_kills, tickets = size
    with database_template.copy():
        two_clients_three_partners()
        out, err = command(files, current_url(), tmp_path / "alone").communicate()
        assert position() == tickets, err
        alone = everything()
    two_clients_three_partners()
    noise = random.Random(3)
    kills = 0
    while kills < most_kills and killed_once(files, database_url, tmp_path / "data", noise):
        kills += 1
    assert kills >= most_kills // 2
    out, err = command(files, database_url, tmp_path / "data", "--resume").communicate()
    row = Import.objects.get()
    counts = (row.state, row.rows_read, row.rows_kept, row.rows_known, row.tickets_written)
    assert counts == ("done", row.rows_total, row.rows_total, 0, tickets), (out, err)
    assert everything() == alone
    seal_all()
    owner = Organization.objects.get(name="Alder Hospitals")
    assert verify(owner.id).findings == []
