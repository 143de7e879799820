"""Every figure that the product promises, measured beside its limit: `make bench`, or `python -m benchmarks --help`.

`worlds` builds large installations and keeps them; `figures` measures, each in a process of its own; `report` writes the table
and the dated file under `results`. Nothing here is part of the product.
"""
