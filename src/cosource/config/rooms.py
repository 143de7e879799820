"""Names the rooms of the house from the top floor to the ground."""

ROOMS = (
    "shell",
    "allocation",
    "metrics",
    "bridges",
    "tickets",
    "knowledge",
    "agreements",
    "assets",
    "parties",
    "calendars",
    "foundation",
)
