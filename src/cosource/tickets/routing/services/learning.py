"""Learning what a desk's tickets have in common, and keeping it as a file beside the record that is named by its digest.

One model for an organization and a desk, learned from what that organization reads there and from nothing else. A file that is
lost or damaged is learned anew. Not here: what is suggested (`queries.suggestions`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from cosource.foundation.errors import NotAllowed, NotFound
from cosource.foundation.ids import new_id
from cosource.foundation.services.duework import work_enqueue
from cosource.foundation.sight import Actor
from cosource.tickets.models import RoutingModel
from cosource.tickets.routing.queries.rule_sets import leads_rules, reads_rules
from cosource.tickets.routing.queries.samples import TARGETS, desks_there_are, samples_of
from cosource.tickets.routing.rules.learned import to_bytes
from cosource.tickets.routing.rules.learning import learn

LEARN = "routing.learn"


def desk_learn(
    *, organization_id: UUID, desk: UUID, at: datetime, tell: Callable[[str], None] = lambda _step: None
) -> RoutingModel:
    """Learn a desk anew, keep the file, and say in its row how well it was learned; the file before goes.

    A desk with too few tickets keeps a row without a file. Raises: OSError where the file cannot be written.
    """
    samples = samples_of(organization_id, desk)
    found = learn(samples, TARGETS, tell)
    digest = ""
    if found is not None and found[0].tickets:
        content = to_bytes(found[0])
        digest = sha256(content).hexdigest()
        _write(path_of(digest), content)
    known = RoutingModel.objects.filter(organization_id=organization_id, desk=desk)
    before = known.values_list("digest", flat=True).first()
    measured = {name: asdict(m) | {"useful": m.is_useful} for name, m in (found[1] if found else {}).items()}
    if not measured:
        measured = {"topic": {"rows": sum("topic" in s.values for s in samples)}}
    model, _made = RoutingModel.objects.update_or_create(
        organization_id=organization_id,
        desk=desk,
        defaults={"digest": digest, "tickets": len(samples), "measured": measured, "learned_at": at},
    )
    if before and before != digest and not RoutingModel.objects.filter(digest=before).exists():
        with suppress(OSError):
            path_of(before).unlink()
    return model


def path_of(digest: str) -> Path:
    """Return where what was learned is kept."""
    return Path(settings.LEARNED_DIR) / f"{digest}.npz"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{new_id().hex}")
    half.write_bytes(content)
    half.replace(path)


def desks_learn(*, at: datetime) -> int:
    """Let every desk be learned, each as work of its own; return how many."""
    return sum(
        _ask(organization_id, desk, at, f"{at:%Y-%m-%d}") for organization_id, desk in desks_there_are()
    )


@transaction.atomic
def learning_ask(*, actor: Actor, at: datetime) -> None:
    """Let the desks of the actor's organization be learned now. Raises: NotFound, NotAllowed."""
    if not reads_rules(actor):
        raise NotFound
    if not leads_rules(actor):
        raise NotAllowed("Your role lets nothing be learned.", action="routing.manage")
    for organization_id, desk in desks_there_are():
        if organization_id == actor.organization_id:
            _ask(organization_id, desk, at, f"{at:%Y-%m-%dT%H:%M:%S}")


@transaction.atomic
def lost_learn(*, model: RoutingModel, at: datetime) -> None:
    """Let a desk be learned anew whose file is lost or damaged; asked again it is still once an hour."""
    _ask(model.organization_id, model.desk, at, f"lost:{at:%Y-%m-%dT%H}")


def _ask(organization_id: UUID, desk: UUID, at: datetime, when: str) -> bool:
    made = work_enqueue(
        kind=LEARN,
        args={"organization": organization_id.hex, "desk": desk.hex},
        due_at=at,
        at=at,
        key=f"learn:{desk.hex}:{organization_id.hex[-8:]}:{when}",
        fair_key=organization_id,
        owner_organization_id=organization_id,
        max_attempts=2,
    )
    return made is not None
