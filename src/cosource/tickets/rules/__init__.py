"""What a ticket may do, who holds it, and how that is drawn and said: plain functions on plain values.

Not here: Django, the present instant, files, rows. Whatever depends on those is handed in.
"""
