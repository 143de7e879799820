"""Forms that are data: which fields a catalog item asks for, what counts as an answer, and how answers read as text.

Fields are written one a line, `label | kind | choices`, so that a form can be made and mailed without a form builder. Not here:
the rows, and who may fill a form in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cosource.tickets.rules.wording import Phrase, gettext_lazy, gettext_noop

MOST_FIELDS = 40
MOST_CHOICES = 60
LONGEST = {"line": 200, "text": 5_000}


class FieldKind(StrEnum):
    """What a field takes: one line, several lines, one of a few choices, a day, a number, yes or no."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    NUMBER = "number"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `key`: how it is named in a request, made of the label."""

    key: str
    label: str
    kind: FieldKind
    required: bool = False
    choices: tuple[str, ...] = ()


class BadForm(ValueError):
    """A line that is no field; `words` say which line and why."""

    def __init__(self, words: Phrase) -> None:
        super().__init__(words)
        self.words = words


def fields_read(text: str) -> tuple[Field, ...]:
    r"""Read the fields of a form, one a line: `label | kind | choice; choice`. A star after the label: it must be answered.

    Raises: BadForm.

    >>> [f.key for f in fields_read("Start date* | date\nModel | choice | Light; Large")]
    ['start_date', 'model']
    """
    fields: list[Field] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        field = _field(line, number)
        if any(field.key == other.key for other in fields):
            raise BadForm(
                gettext_lazy(
                    "Line %(line)s: there is a field called “%(label)s” already.",
                    line=number,
                    label=field.label,
                )
            )
        fields.append(field)
    if len(fields) > MOST_FIELDS:
        raise BadForm(
            gettext_lazy(
                "A form has at most %(most)s fields; this has %(length)s.",
                most=MOST_FIELDS,
                length=len(fields),
            )
        )
    return tuple(fields)


def _field(line: str, number: int) -> Field:
    label, kind, choices, *rest = [part.strip() for part in (line + "||").split("|")]
    if any(rest[:-1] if len(rest) > 1 else []):
        raise BadForm(
            gettext_lazy("Line %(line)s: a field has a label, a kind and choices, and no more.", line=number)
        )
    required = label.endswith("*")
    label = label.rstrip("*").strip()
    key = re.sub(r"\W+", "_", label.lower()).strip("_")[:40]
    if not key or len(label) > 120:
        raise BadForm(
            gettext_lazy("Line %(line)s: a field needs a label of at most 120 characters.", line=number)
        )
    try:
        found = FieldKind(kind or FieldKind.LINE)
    except ValueError:
        raise BadForm(
            gettext_lazy(
                "Line %(line)s: “%(kind)s” is no kind of field; use %(choices)s.",
                line=number,
                kind=kind,
                choices=", ".join(FieldKind),
            )
        ) from None
    options = tuple(dict.fromkeys(c.strip() for c in choices.split(";") if c.strip()))
    if (found is FieldKind.CHOICE) != bool(options) or len(options) > MOST_CHOICES:
        raise BadForm(
            gettext_lazy(
                "Line %(line)s: a choice lists 1 to %(most)s choices with “;” between, other kinds none.",
                line=number,
                most=MOST_CHOICES,
            )
        )
    return Field(key, label, found, required, options)


def fields_written(fields: Sequence[Field]) -> str:
    """Write fields as they are read, one a line.

    >>> fields_written(fields_read("Model* | choice | Light; Large"))
    'Model* | choice | Light; Large'
    """
    return "\n".join(
        f"{f.label}{'*' if f.required else ''} | {f.kind}"
        + (f" | {'; '.join(f.choices)}" if f.choices else "")
        for f in fields
    )


def answers_checked(
    fields: Sequence[Field], given: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    r"""Return the answers that count, and what is wrong with the others, both by key.

    >>> answers_checked(fields_read("Day* | date\nHow many | number"), {"how_many": "three"})
    ({}, {'day': 'Please answer this.', 'how_many': 'A number is expected here.'})
    """
    answers: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        typed = str(given.get(field.key, "")).replace("\r\n", "\n").strip()
        if not typed:
            if field.required:
                wrong[field.key] = gettext_noop("Please answer this.")
        elif said := value_wrong(field, typed):
            wrong[field.key] = said
        else:
            answers[field.key] = typed
    return answers, wrong


def value_wrong(field: Field, typed: str) -> str:
    """Return what is wrong with an answer, empty for nothing.

    >>> value_wrong(fields_read("Day | date")[0], "tomorrow")
    'A day is expected here, such as 2026-03-02.'
    """
    if "\x00" in typed or len(typed) > LONGEST.get(field.kind, 200):
        return gettext_noop("This is too long, or cannot be stored.")
    if field.kind is FieldKind.CHOICE and typed not in field.choices:
        return gettext_noop("Choose one of the list.")
    if field.kind is FieldKind.NUMBER and not re.fullmatch(r"-?\d{1,12}([.,]\d{1,6})?", typed):
        return gettext_noop("A number is expected here.")
    if field.kind is FieldKind.YES_NO and typed not in ("yes", "no"):
        return gettext_noop("Yes or no.")
    if field.kind is FieldKind.DATE:
        try:
            date.fromisoformat(typed)
        except ValueError:
            return gettext_noop("A day is expected here, such as 2026-03-02.")
    return ""


def answers_text(fields: Sequence[Field], answers: Mapping[str, str]) -> str:
    """Return answered fields as Markdown, as the conversation shows them.

    >>> answers_text(fields_read("Day | date"), {"day": "2026-03-02"})
    '**Day:** 2026-03-02'
    """
    told = []
    for field in fields:
        if field.key not in answers:
            continue
        answer = answers[field.key]
        gap = "\n\n" if field.kind is FieldKind.TEXT else " "
        told.append(f"**{field.label}:**{gap}{answer}")
    return "\n\n".join(told)
