"""Live pages: what changes is told to the browsers that may know of it, while they show it.

- `outlets`: an open answer, from the event loop's side.
- `registry`: what rooms tell of, and how each decides who may know.
- `follower`: the one reader of a web process; it follows the ledger's streams and fills the outlets.

Only ids leave here, and the name of the sort of thing that they are; a page asks for the rest as it asks for everything.
"""
