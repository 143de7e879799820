"""What finding by words costs in one world: `python -m benchmarks.figures.search PATTERN TICKETS`.

Of each search the median processor time of the whole page, the database's included: a word that stands in a hundred tickets (put
into the index for the time of the measurement, beside texts of tickets of all ages), one that stands nowhere, and the two words
that most texts have in common. The same for the palette, which finds while words are typed.
"""

import pickle
import sys
from pathlib import Path
from uuid import UUID, uuid5

from benchmarks.figures.pages import Backend, cost, queries
from benchmarks.figures.setting import Reader, set_up
from benchmarks.measuring import Figure, hand_in

RARE = "quetzalcoatlus"
NOWHERE = "nowhereinanytext"
HITS = 100
RARE_MS, COMMON_MS, PALETTE_MS, QUERIES = 25, 300, 100, 15
READERS = {"technician": "c1.ct", "partner’s technician": "p1.pt"}


def main(pattern_file: Path, tickets: int) -> None:
    set_up()
    from django.db import connection

    from cosource.config.wsgi import application
    from cosource.foundation.services.search import texts_forget
    from cosource.parties.models import Person

    pattern = pickle.loads(pattern_file.read_bytes())
    backend = Backend()
    on = f"{'SQLite' if connection.vendor == 'sqlite' else 'PostgreSQL'}, {tickets:,}"
    marked = [uuid5(UUID(int=0), f"search {n}") for n in range(HITS)]
    common = " ".join(commonest())
    figures = []
    try:
        texts_forget(marked)
        spread(marked)
        for name, key in READERS.items():
            reader = Reader(application, Person.objects.get(pk=pattern.world.people[key].pk))
            for said, words, limit in (
                (f"a word in {HITS} tickets", RARE, RARE_MS),
                ("a word in no ticket", NOWHERE, RARE_MS),
                (f"two common words ({common})", common, COMMON_MS),
                (
                    f"a rare word and a common one ({RARE} {common.split()[0]})",
                    f"{RARE} {common.split()[0]}",
                    COMMON_MS,
                ),
            ):
                path = f"/tickets/?state=all&text={words.replace(' ', '+')}"
                page = reader.get(path)
                figures.append(
                    Figure(
                        f"{said}, {name}",
                        round(cost(reader, path, backend, 20), 1),
                        "ms",
                        limit,
                        on=on,
                        note="says that it stopped" if b"newest texts with these words" in page else "",
                    )
                )
                figures.append(
                    Figure(f"{said}, {name}: queries", queries(reader, path), "queries", QUERIES, on=on)
                )
            for said, words in (
                ("a rare word", RARE),
                ("the beginning of many", common[:2]),
                ("a common word", common.split()[0]),
            ):
                path = f"/find/?q={words}"
                figures.append(
                    Figure(
                        f"palette, {said}, {name}",
                        round(cost(reader, path, backend, 20), 1),
                        "ms",
                        PALETTE_MS,
                        on=on,
                    )
                )
    finally:
        texts_forget(marked)
    hand_in(figures)


def commonest() -> list[str]:
    """Return the two words that most of the newest texts have."""
    from collections import Counter

    from django.db import connection

    from cosource.foundation.queries.search import FTS

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tsvector_to_array(words) FROM foundation_searchtext ORDER BY id DESC LIMIT 20000"
            )
            texts = [set(row[0]) for row in cursor.fetchall()]
        else:
            cursor.execute(f"SELECT words FROM {FTS} ORDER BY rowid DESC LIMIT 20000")
            texts = [set(row[0].split()) for row in cursor.fetchall()]
    counted = Counter(word for text in texts for word in text if not word.startswith(":"))
    return [word for word, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:2]]


def spread(entries: list[UUID]) -> None:
    """Index a rare word beside texts that are there, evenly over all ages."""
    from django.db import transaction

    from cosource.foundation.models import SearchText
    from cosource.foundation.services.search import texts_index

    last = SearchText.objects.order_by("-id").values_list("id", flat=True)[0]
    step = last // len(entries)
    rows = []
    for n, entry in enumerate(entries):
        there = SearchText.objects.filter(id__gte=1 + n * step).order_by("id")[0]
        rows.append((there.subject_kind, there.subject_id, entry, there.audience_id, f"the {RARE} again"))
    with transaction.atomic():
        texts_index(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
