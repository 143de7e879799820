"""Counts for each party what it learned of a ticket, so that no count tells of what others said among themselves."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0004_asked_at")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="participation",
            name="revision",
            field=models.PositiveIntegerField(default=1, db_default=1),
        )
    ]
