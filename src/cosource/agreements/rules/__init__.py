"""What an agreement says and means: plain functions on plain values.

Not here: Django, rows, the present instant. Names of sites and services become ids in the services.
"""
