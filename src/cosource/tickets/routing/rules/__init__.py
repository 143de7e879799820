"""How a desk's rules are read, which of them holds for a ticket, and whom of a team it chooses: plain functions on plain values.

Not here: Django, the present instant, rows. Whatever depends on those is handed in.
"""
