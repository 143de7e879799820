"""Large installations, made set-wise and kept.

A pattern of some hundred tickets is played by the services (`pattern`), each from its opening to where it ends. The database
then copies the pattern as often as a world needs (`copying`): new ids, numbers and positions, times moved by whole weeks. So
every row is one that the services wrote, and only its identity is new. `sample` proves it, row by row.

What a copy does not have: digests of its own. Ledger entries and seals are there in their number and size, but the chain of a
copied world does not verify; it is made to be read and added to, not to be audited.
"""
