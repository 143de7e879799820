"""Who sees what: the access table, what it is expanded over, and the gates that keep both complete."""
