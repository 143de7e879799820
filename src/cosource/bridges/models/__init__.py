"""Imports: which file was read under which mapping, how far, and what came of it row by row."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Organization
from cosource.parties.queries.sight import WRITE

READERS = frozenset({SERVICE_OWNER, ADMINISTRATOR, AUDITOR})


class ImportQuerySet(models.QuerySet["Import"]):
    """Imports, seen by those who answer for the desk that they were brought into; no other party learns of them."""

    def visible_to(self, actor: Actor) -> "ImportQuerySet":
        """Return the imports of the actor's own desk; whoever manages it, those of its inventory."""
        sight = actor.sight
        if sight.organization_id is None or sight.as_host:
            return self.none()
        own = self.filter(owner_id=sight.organization_id)
        if actor.kind == "token":
            reads = any(grant.engagement_id is None and WRITE in grant.rights for grant in sight.grants)
        else:
            reads = actor.kind == "system" or bool(sight.roles_on(None) & READERS)
        if reads:
            return own
        return own.filter(of=Import.Of.ASSETS) if MANAGER in sight.roles_on(None) else self.none()


class Import(models.Model):
    """One file brought in for one owner under one mapping. `of`: what its rows are about.

    `file_digest` and `mapping_digest` together say what was read how; the same file under another mapping is refused.
    `source_name`: the system that the file comes from, as the mapping names it: a ticket's number means the same ticket only
    within one source. `position`: tickets of the file, or rows of an inventory, that are done with; it rises with each batch in
    the batch's transaction, and only from the value that was read, so that of two runs one stops. `report`: counts by kind of
    problem, and what was made.
    """

    class State(models.TextChoices):
        STAGED = "staged"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        UNDOING = "undoing"
        UNDONE = "undone"

    class Of(models.TextChoices):
        TICKETS = "tickets"
        ASSETS = "assets"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="imports")
    started_by_id = models.UUIDField(null=True)
    of = models.CharField(max_length=10, choices=Of, default=Of.TICKETS, db_default=Of.TICKETS)
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64, blank=True)
    mapping_name = models.CharField(max_length=120)
    mapping_digest = models.CharField(max_length=64)
    mapping_text = models.TextField()
    source_name = models.CharField(max_length=120)
    parties = models.JSONField(default=dict, help_text="Party key of the mapping to organization id.")
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.STAGED)
    work_id = models.UUIDField(null=True)
    position = models.PositiveBigIntegerField(default=0)
    rows_total = models.PositiveBigIntegerField(default=0)
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_kept = models.PositiveBigIntegerField(default=0)
    rows_known = models.PositiveBigIntegerField(default=0)
    rows_repaired = models.PositiveBigIntegerField(default=0)
    rows_refused = models.PositiveBigIntegerField(default=0)
    tickets_written = models.PositiveBigIntegerField(default=0)
    tickets_extended = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[ImportQuerySet] = ImportQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "file_digest"], name="import_of_file")]


class AssetLine(models.Model):
    """What one row of an import did to an asset and can still be put back; what is put back goes from here.

    `did`: made, changed, related or unrelated. `before`, `after`: the values that it changed, as in the ledger; of a relation its
    kind, its other end and its source. `version`: of the asset afterwards.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="asset_lines", db_index=False)
    row_number = models.PositiveBigIntegerField()
    asset_id = models.UUIDField()
    did = models.CharField(max_length=10)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    version = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["batch", "id"], name="asset_line_of_import")]


class ImportProblem(models.Model):
    """One thing that was repaired, refused or worth a note: row, column, and the values that fill its wording."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="problems", db_index=False, help_text="The import."
    )
    row_number = models.PositiveBigIntegerField(null=True)
    column = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    outcome = models.CharField(max_length=8)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["batch", "id"], name="problem_of_import")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=["refused", "repaired", "noted", "stopped"]),
                name="problem_outcome_known",
            )
        ]
