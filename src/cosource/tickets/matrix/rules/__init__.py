"""Who is to be reached for what and when, and when nobody is: plain functions on plain values.

Not here: Django, the present instant, rows. Whatever depends on those is handed in.
"""
