"""With the flag in front SQLite prefers the few flagged rows to a walk through everything open in another order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0003_promised_share"),
        ("parties", "0007_shows_writing"),
        ("tickets", "0030_open_offered"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="participation",
            name="open_came_back",
        ),
        migrations.RemoveIndex(
            model_name="participation",
            name="open_to_approve",
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("open", True), ("came_back", True)),
                fields=["organization", "desk", "came_back", "next_due_at", "id"],
                name="open_came_back_due",
            ),
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("open", True), ("came_back", True)),
                fields=["organization", "desk", "came_back", "priority", "next_due_at", "id"],
                name="open_came_back_prio",
            ),
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("open", True), ("came_back", True)),
                fields=["organization", "desk", "came_back", "opened_at", "id"],
                name="open_came_back_new",
            ),
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("open", True), ("to_approve", True)),
                fields=["organization", "desk", "to_approve", "next_due_at", "id"],
                name="open_to_approve_due",
            ),
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("open", True), ("to_approve", True)),
                fields=["organization", "desk", "to_approve", "priority", "next_due_at", "id"],
                name="open_to_approve_prio",
            ),
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("open", True), ("to_approve", True)),
                fields=["organization", "desk", "to_approve", "opened_at", "id"],
                name="open_to_approve_new",
            ),
        ),
    ]
