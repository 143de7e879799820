"""A room in the room: the escalation matrix of an engagement, one part for each of its parties."""
