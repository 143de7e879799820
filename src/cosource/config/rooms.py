"""Names the rooms of the house from the top floor to the ground."""

ROOMS = ("shell", "bridges", "tickets", "agreements", "parties", "calendars", "foundation")
