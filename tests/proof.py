"""How many cases a property gets: a sample in every run, all that were promised in a proof.

Each test says both numbers beside what it proves. Whoever wants fewer or more sets COSOURCE_PROOF_<NAME>; docs/reference/proof.md
lists the names.
"""

import os

# Set by conftest.py from --proof, before any test is imported.
in_full = False


def count(name: str, *, sample: int, full: int) -> int:
    """Return how many cases are to be run: as the environment says, else in full for a proof, else the sample."""
    return int(os.environ.get(f"COSOURCE_PROOF_{name}", full if in_full else sample))
