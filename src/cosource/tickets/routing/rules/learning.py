"""Learning from past tickets which topic and which team a text belongs to, measured on tickets that were held out.

One ticket in five is held out, by its place in the rows as they are handed in; the model that is kept is the one that was
measured. Source: term frequency by inverse document frequency, and a linear support vector machine, as scikit-learn has them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cosource.tickets.routing.rules.learned import Classifier, Learned
from cosource.tickets.routing.rules.terms import terms_of

# Below this nothing is learned, and nothing suggested.
ENOUGH, ENOUGH_OF_A_VALUE = 200, 10
MOST_TERMS, MOST_VALUES = 100_000, 200
HELD_OUT = 5
_STRENGTH = 0.3


@dataclass(frozen=True, slots=True)
class Sample:
    """A past ticket as it is learned from. `values`: by target, where known."""

    ticket: str
    text: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a target was learned. `rows`: learned from; `held_out`, `right`: measured on; `commonest`: right by always
    naming the most frequent value.
    """

    rows: int
    held_out: int
    right: int
    commonest: int

    @property
    def accuracy(self) -> float:
        """Return the share of held-out tickets that were named rightly."""
        return self.right / self.held_out

    @property
    def is_useful(self) -> bool:
        """Tell whether it says more than the most frequent value would."""
        return self.right > self.commonest


def enough(counts: Counter[str]) -> bool:
    """Tell whether values occur often enough to learn them.

    >>> enough(Counter(a=190, b=9)), enough(Counter(a=190, b=10))
    (False, True)
    """
    common = {value: n for value, n in counts.items() if n >= ENOUGH_OF_A_VALUE}
    return len(common) > 1 and sum(common.values()) >= ENOUGH


def learn(
    samples: Sequence[Sample], targets: Sequence[str], tell: Callable[[str], None] = lambda _step: None
) -> tuple[Learned, dict[str, Measured]] | None:
    """Learn each target of which there is enough; None where there is enough of none. `tell`: told of each step, and may stop it.

    A target that says no more than its most frequent value would is measured and left out.
    """
    counts = {target: Counter(s.values[target] for s in samples if target in s.values) for target in targets}
    ready = [target for target in targets if enough(counts[target])]
    if not ready:
        return None
    import numpy as np  # noqa: PLC0415 - loaded by those who learn
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - loaded by those who learn

    tell("terms")
    vectorizer = TfidfVectorizer(
        analyzer=terms_of, min_df=2, max_features=MOST_TERMS, sublinear_tf=True, dtype=np.float32
    )
    # What is held out for measuring has no part in the terms either.
    aside = np.arange(len(samples)) % HELD_OUT == 0
    vectorizer.fit([sample.text for sample, out in zip(samples, aside, strict=True) if not out])
    matrix = vectorizer.transform([sample.text for sample in samples])
    learned: dict[str, Classifier] = {}
    measured: dict[str, Measured] = {}
    for target in ready:
        tell(target)
        known = {v for v, n in counts[target].most_common(MOST_VALUES) if n >= ENOUGH_OF_A_VALUE}
        classifier, measure = _learn_one(matrix, samples, target, known, aside)
        measured[target] = measure
        if measure.is_useful:
            learned[target] = classifier
    terms = vectorizer.get_feature_names_out().tolist()
    compressed = (matrix.indptr, matrix.indices, matrix.data)
    tickets = [sample.ticket for sample in samples]
    return Learned(terms, vectorizer.idf_, learned, tickets, compressed), measured


def _learn_one(
    matrix: Any, samples: Sequence[Sample], target: str, known: set[str], held_out: Any
) -> tuple[Classifier, Measured]:
    import numpy as np  # noqa: PLC0415 - loaded by those who learn
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - loaded by those who learn

    rows = [row for row, sample in enumerate(samples) if sample.values.get(target) in known]
    values = np.array([samples[row].values[target] for row in rows])
    aside = held_out[rows]
    chosen = matrix[rows]
    machine = LinearSVC(C=_STRENGTH, random_state=0).fit(chosen[~aside], values[~aside])
    said, truth = machine.predict(chosen[aside]), values[aside]
    names = machine.classes_.tolist()
    weights, bias = machine.coef_, machine.intercept_
    if len(names) == 2:
        # Of two values the machine keeps one plane; each gets its own side of it.
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    right = [int(((said == name) & (truth == name)).sum()) for name in names]
    counted = [int((said == name).sum()) for name in names]
    most_frequent = Counter(values[~aside].tolist()).most_common(1)[0][0]
    measure = Measured(
        rows=int((~aside).sum()),
        held_out=len(truth),
        right=int((said == truth).sum()),
        commonest=int((truth == most_frequent).sum()),
    )
    return Classifier(names, weights, bias, np.array(right), np.array(counted)), measure
