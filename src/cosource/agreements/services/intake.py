"""The agreements of an export as rows, with the terms as they were read when each text was written."""

from collections.abc import Iterator

from django.db import models

from cosource.agreements.models import Agreement, AgreementVersion, Confirmation, PauseReason, Target
from cosource.agreements.queries import exporting as taken
from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import NIL, new_id


def _take_in(incoming: Incoming) -> None:
    last: dict[str, int] = {}
    for record in incoming.records("agreement_versions"):
        last[record["agreement_id"]] = max(last.get(record["agreement_id"], 0), record["number"] or 0)
    insert_in_turn(
        row_of(Agreement, record, taken.AGREEMENT, last_number=last.get(record["id"], 0))
        for record in incoming.records("agreements")
    )
    insert_in_turn(_versions(incoming))


def _versions(incoming: Incoming) -> Iterator[models.Model]:
    for record in incoming.records("agreement_versions"):
        terms = record["terms"]
        version = row_of(
            AgreementVersion,
            {**record, **terms},
            taken.VERSION + taken.TERMS,
            confirmed_parties=len(record["confirmations"]),
        )
        yield version
        for target in terms["targets"]:
            yield row_of(Target, target, taken.TARGET, id=new_id(), version_id=version.id)
        for reason in terms["pause_reasons"]:
            yield row_of(PauseReason, reason, taken.PAUSE_REASON, id=new_id(), version_id=version.id)
        for word in record["confirmations"]:
            # Whose hand it was is in the ledger.
            yield row_of(
                Confirmation, word, taken.CONFIRMATION, id=new_id(), version_id=version.id, person_id=NIL
            )


def register() -> None:
    """Let them be taken in."""
    register_intake(Layer.TERMS, _take_in)
