"""A language that is offered is there in full: every text, with the same values in it, compiled."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from tests import messages

from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.metrics.rules.catalogue import METRICS
from cosource.metrics.rules.metric import Metric
from cosource.tickets.rules.forms import BadForm, fields_read

# What `%` formatting reads: a named value with its kind, a plain value, or a percent sign. A percent sign as such is no value.
PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\))?(?P<kind>[sdifr%])")


def _values(text: str) -> set[str]:
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


def test_the_languages_offered_are_english_and_those_with_a_catalog() -> None:
    assert {code for code, _name in settings.LANGUAGES} == {"en", *messages.LANGUAGES}


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    wanted = {(m.context, m.id) for m in messages.extracted() if m.id}
    there = {(m.context, m.id) for m in messages.catalog_of(language) if m.id}
    assert wanted - there == set(), "run `make messages` and translate what it names"
    assert there - wanted == set(), "run `make messages`: these are no longer used"
    assert messages.untranslated(messages.catalog_of(language)) == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_translations_hold_the_same_values(language: str) -> None:
    wrong = []
    for message in messages.catalog_of(language):
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            *forms, plural = message.string
            given = _values(message.id[-1])
            # A form for one thing may say "one" instead of the number, but names nothing that isn't given.
            right = _values(plural) == given and all(_values(form) <= given for form in forms)
        else:
            right = _values(message.string) == _values(message.id)
        edges = message.id if isinstance(message.id, str) else message.id[0]
        said = message.string if isinstance(message.string, str) else message.string[0]
        if not right or edges.endswith("\n") != said.endswith("\n"):
            wrong.append((message.id, message.string))
    assert wrong == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_what_an_installation_reads_is_compiled_from_the_catalog(language: str) -> None:
    compiled = messages.path_of(language, "mo").read_bytes()
    assert compiled == messages.compiled(messages.catalog_of(language)), "run `make messages`"


def test_a_text_comes_in_the_language_in_use() -> None:
    with translation.override("de"):
        assert translation.gettext("Take up again") == "Wieder aufnehmen"
        assert translation.ngettext("%(n)s party", "%(n)s parties", 2) % {"n": 2} == "2 Parteien"
        assert translation.pgettext("date format", "j M Y") == "j. M Y"
    with translation.override("en"):
        assert translation.gettext("Take up again") == "Take up again"


def test_texts_of_templates_and_of_code_are_found() -> None:
    found = {m.id for m in messages.extracted()}
    assert "Hand over" in found
    assert ("%(n)s party", "%(n)s parties") in found
    assert "The row has %(found)s cells instead of %(wanted)s." in found


def test_a_refusal_is_told_in_the_language_in_use() -> None:
    with pytest.raises(BadForm) as bad:
        fields_read("Model | colour")
    with translation.override("de"):
        refusal = Invalid(
            "That is no step.",
            fields={
                "form": bad.value.words,
                "way": "This step wants it.",
                "all": ["Name another ticket.", "x"],
                "": "",
            },
        )
        assert NotFound().message == "So etwas ist für Sie nicht zu sehen."
        assert Conflict("This text is in no catalogue.").message == "This text is in no catalogue."
    assert refusal.message == str(refusal) == "Das ist kein Schritt."
    assert refusal.details["fields"] == {
        "form": "Zeile 1: „colour“ ist keine Art von Feld; nehmen Sie "
        "line, text, choice, date, number, yes_no.",
        "way": "Dieser Schritt verlangt es.",
        "all": ["Nennen Sie ein anderes Ticket.", "x"],
        "": "",
    }


def test_no_refusal_hides_its_text_from_extraction(tmp_path: Path) -> None:
    """Texts of refusals are extracted, so that the test above wants their translation; composed ones could not be found."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        'Invalid("No.", fields={name: f"At {most}", **dict.fromkeys(x, "Never")})\nBadRules(f"{x}", "why")'
    )
    found = [ast.unparse(said) for said in messages.refusals_of(probe)]
    assert sorted(found) == ["'Never'", "'No.'", "'why'", "f'At {most}'"]
    composed = [
        f"{path.relative_to(messages.SOURCES)}:{said.lineno}"
        for path in messages.SOURCES.rglob("*.py")
        for said in messages.refusals_of(path)
        if isinstance(said, ast.JoinedStr)
        and any(isinstance(v, ast.Constant) and re.search("[A-Za-z]", str(v.value)) for v in said.values)
    ]
    assert composed == [], 'write _("… %(name)s …") % {"name": value}'


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_where_a_figure_comes_from_and_how_it_misleads_is_told_in_every_language(metric: Metric) -> None:
    for language in messages.LANGUAGES:
        with translation.override(language):
            assert translation.gettext(metric.source) != metric.source
            assert translation.gettext(metric.pitfalls) != metric.pitfalls
