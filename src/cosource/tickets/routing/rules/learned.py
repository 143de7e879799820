"""What was learned from past tickets: terms with their weights, a linear model for topic and team, and the tickets themselves.

It is kept as plain arrays, never as pickled objects: a file can be wrong, and is then not read, but it can't run anything. Its
name is the digest of its bytes. Suggesting needs numpy alone. Not here: learning (`learning`).
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cosource.tickets.routing.rules.terms import says_something, terms_of

if TYPE_CHECKING:
    import numpy as np

FORM = 1
# A term that stands in more of the tickets than this says little of how alike two are, and costs most.
COMMON = 0.1
LEAST_ALIKE = 0.25


class NotLearned(ValueError):
    """These bytes hold nothing that was learned by this version."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A value that a model suggests. `right`: the share that had it, of the `counted` held-out tickets it was said of."""

    value: str
    right: float
    counted: int


class Classifier:
    """A linear model of one target over the terms.

    `values`: what it can say; `weights`: values by terms; `right`, `counted`: for each value, on tickets held out.
    """

    def __init__(self, values: Sequence[str], weights: Any, bias: Any, right: Any, counted: Any) -> None:
        self.values = list(values)
        self.weights = weights
        self.bias = bias
        self.right = right
        self.counted = counted

    def guesses(self, columns: Any, values: Any, most: int) -> list[Guess]:
        """Return what fits a text best, best first. `columns`, `values`: its terms."""
        import numpy as np  # noqa: PLC0415 - loaded by those who ask

        scores = self.weights[:, columns].astype(np.float32) @ values + self.bias
        best = np.argsort(-scores, kind="stable")[:most]
        return [
            Guess(self.values[i], float(self.right[i]) / max(1, int(self.counted[i])), int(self.counted[i]))
            for i in best
        ]


class Learned:
    """All that was learned of one desk."""

    def __init__(
        self,
        terms: Sequence[str],
        idf: Any,
        targets: dict[str, Classifier],
        tickets: Sequence[str],
        matrix: tuple[Any, Any, Any],
    ) -> None:
        self.terms = list(terms)
        self.idf = idf
        self.targets = targets
        self.tickets = list(tickets)
        self.matrix = matrix
        self._places = {term: place for place, term in enumerate(self.terms)}
        self._rows = {ticket: row for row, ticket in enumerate(self.tickets)}
        self._postings: tuple[Any, Any, Any] | None = None

    def vector(self, text: str) -> tuple[Any, Any]:
        """Return a text as columns and values of length one; empty where no term is known."""
        import numpy as np  # noqa: PLC0415 - loaded by those who ask

        counts: dict[int, int] = {}
        for term in terms_of(text):
            place = self._places.get(term)
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
        columns = np.array(sorted(counts), dtype=np.int64)
        often = np.array([counts[place] for place in sorted(counts)], dtype=np.float64)
        values = (1 + np.log(often)) * self.idf[columns]
        length = float(np.sqrt((values**2).sum())) or 1.0
        return columns, (values / length).astype(np.float32)

    def guesses(self, target: str, text: str, most: int = 3) -> list[Guess]:
        """Return what is suggested for a text; nothing for a target that was not learned, or a text of unknown words."""
        classifier = self.targets.get(target)
        columns, values = self.vector(text)
        return classifier.guesses(columns, values, most) if classifier and len(columns) else []

    def similar(self, ticket: str, text: str, most: int) -> list[tuple[str, float]]:
        """Return the tickets most like one (or like a text, where it was not learned from), with how much, most alike first."""
        import numpy as np  # noqa: PLC0415 - loaded by those who ask

        indptr, indices, data = self.matrix
        row = self._rows.get(ticket)
        if row is None:
            columns, values = self.vector(text)
        else:
            columns = indices[indptr[row] : indptr[row + 1]]
            values = data[indptr[row] : indptr[row + 1]].astype(np.float32)
        starts, rows, weights = self._by_term()
        rare = COMMON * max(len(self.tickets), 100)
        scores = np.zeros(len(self.tickets), dtype=np.float32)
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            begin, finish = int(starts[column]), int(starts[column + 1])
            if finish - begin <= rare and says_something(self.terms[column]):
                scores[rows[begin:finish]] += value * weights[begin:finish]
        if row is not None:
            scores[row] = 0
        count = min(most, len(scores))
        best: list[int] = np.argpartition(-scores, count - 1)[:count].tolist() if count else []
        found = [(self.tickets[i], float(scores[i])) for i in best if scores[i] >= LEAST_ALIKE]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _by_term(self) -> tuple[Any, Any, Any]:
        if self._postings is None:
            import numpy as np  # noqa: PLC0415 - loaded by those who ask

            indptr, indices, data = self.matrix
            order = np.argsort(indices, kind="stable")
            rows = np.repeat(np.arange(len(self.tickets), dtype=np.int32), np.diff(indptr))[order]
            starts = np.searchsorted(indices[order], np.arange(len(self.terms) + 1))
            self._postings = starts, rows, data[order].astype(np.float32)
        return self._postings


def to_bytes(learned: Learned) -> bytes:
    """Return what was learned as a file; the same in, the same out."""
    import numpy as np  # noqa: PLC0415 - loaded by those who ask

    indptr, indices, data = learned.matrix
    arrays: dict[str, Any] = {
        "form": np.array([FORM]),
        "terms": _words(learned.terms),
        "idf": learned.idf.astype(np.float32),
        "tickets": np.frombuffer(bytes.fromhex("".join(learned.tickets)), dtype=np.uint8),
        "indptr": indptr.astype(np.int64),
        "indices": indices.astype(np.int32),
        "data": data.astype(np.float16),
    }
    for name, classifier in sorted(learned.targets.items()):
        arrays[f"{name}.values"] = _words(classifier.values)
        arrays[f"{name}.weights"] = classifier.weights.astype(np.float16)
        arrays[f"{name}.bias"] = classifier.bias.astype(np.float32)
        arrays[f"{name}.right"] = np.asarray(classifier.right, dtype=np.int64)
        arrays[f"{name}.counted"] = np.asarray(classifier.counted, dtype=np.int64)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            # A fixed date: the digest is of what was learned, not of when.
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), part.getvalue(), zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def from_bytes(content: bytes) -> Learned:
    """Read what was learned. Raises: NotLearned."""
    import numpy as np  # noqa: PLC0415 - loaded by those who ask

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        if found["form"].tolist() != [FORM]:
            raise NotLearned("of another version")
        names = sorted(key.removesuffix(".values") for key in found if key.endswith(".values"))
        targets = {
            name: Classifier(
                _texts(found[f"{name}.values"]),
                *(found[f"{name}.{part}"] for part in ("weights", "bias", "right", "counted")),
            )
            for name in names
        }
        ids = found["tickets"].tobytes().hex()
        return Learned(
            _texts(found["terms"]),
            found["idf"],
            targets,
            [ids[i : i + 32] for i in range(0, len(ids), 32)],
            (found["indptr"], found["indices"], found["data"]),
        )
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as trouble:
        raise NotLearned(str(trouble)) from None


def _words(texts: Sequence[str]) -> "np.ndarray[Any, Any]":
    import numpy as np  # noqa: PLC0415 - loaded by those who ask

    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def _texts(array: Any) -> list[str]:
    text = array.tobytes().decode()
    return text.split("\n") if text else []
