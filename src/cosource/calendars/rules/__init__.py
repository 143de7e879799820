"""Working hours and the arithmetic on them: plain functions on plain values.

Not here: Django, the present instant, files, rows. Whatever depends on those is handed in.
"""
