"""What a look at a running installation asks of the database: numbers only, of all parties together."""

from pathlib import Path

from django.db import connection


def database_bytes() -> int:
    """Return how much room the database takes on its disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    return sum(place.stat().st_size for place in (Path(name), Path(f"{name}-wal")) if place.exists())
