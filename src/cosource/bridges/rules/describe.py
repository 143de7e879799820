"""A mapping in words, for the report of a dry run.

Here: the sentences. Not here: what a file held (`reading.tickets`).
"""

from collections import Counter
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, fields

from cosource.bridges.rules.asset_mapping import CHOSEN, AssetMapping
from cosource.bridges.rules.mapping import Mapping
from cosource.bridges.rules.wordings import gettext_noop


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to be translated: a page renders `gettext(message_id) % values`."""

    message_id: str
    values: ReadOnly[str, str | int]

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.message_id % self.values


def describe_assets(mapping: AssetMapping) -> tuple[Sentence, ...]:
    """Return what a mapping of assets will do, one sentence per matter."""
    source, columns = mapping.source, mapping.columns
    named = [(f.name, getattr(columns, f.name)) for f in fields(columns) if getattr(columns, f.name)]
    told = ", ".join(f"{name} ← “{heading}”" for name, heading in named)
    sentences = [
        Sentence(
            gettext_noop("Reads “%(name)s” (%(kind)s): %(columns)s."),
            {"name": source.name, "kind": source.kind, "columns": told},
        ),
        Sentence(
            gettext_noop(
                "A row is about the asset of its key, else of its serial number, else of its name at its site."
            )
            if columns.key
            else gettext_noop("A row is about the asset of its serial number, else of its name at its site."),
            {},
        ),
    ]
    for name in CHOSEN:
        words: dict[str, list[str]] = {}
        for word, meant in mapping.words.get(name, {}).items():
            if word != meant:
                words.setdefault(meant, []).append(f"“{word}”")
        for meant, said in words.items():
            values = {"field": name, "meant": meant, "words": ", ".join(said)}
            sentences.append(Sentence(gettext_noop("%(words)s as %(field)s mean %(meant)s."), values))
    if mapping.defaults:
        given = ", ".join(f"{name} = “{value}”" for name, value in mapping.defaults.items())
        sentences.append(
            Sentence(
                gettext_noop("For blank cells, and for new assets where there is no column: %(given)s."),
                {"given": given},
            )
        )
    return tuple(sentences)


def describe(mapping: Mapping) -> tuple[Sentence, ...]:
    """Return what the mapping will do, one sentence per matter, in the order in which people ask."""
    source, columns = mapping.source, mapping.columns
    teams = Counter(rule.party for rule in mapping.groups)
    named = Counter[str]()
    for group_rule in mapping.groups:
        named[group_rule.party] += len(group_rule.names)
    sentences = [
        Sentence(
            gettext_noop("Reads “%(name)s” (%(kind)s): tickets from “%(ticket)s”, states from “%(state)s”."),
            {"name": source.name, "kind": source.kind, "ticket": columns.ticket, "state": columns.state},
        ),
        Sentence(
            gettext_noop("Times have the form %(dates)s; without an offset they are local to %(zone)s."),
            {"dates": " / ".join(source.dates), "zone": source.zone},
        ),
        Sentence(
            gettext_noop("Cells that mean “missing”: %(missing)s."),
            {"missing": ", ".join(f"“{word}”" for word in sorted(source.missing))},
        ),
    ]
    for rule in mapping.states.values():
        values = {"source": rule.source, "state": rule.state, "turn": rule.turn, "reason": rule.reason or ""}
        if rule.category == "paused":
            message = gettext_noop("“%(source)s” pauses the ticket on the turn of %(turn)s: %(reason)s.")
        else:
            message = gettext_noop("“%(source)s” becomes %(state)s.")
        sentences.append(Sentence(message, values))
    for party in mapping.parties.values():
        if not party.name:
            message = gettext_noop(
                "Whoever brings the file in is the client: %(groups)s groups by name in %(rules)s rules."
            )
        elif party.role == "client":
            message = gettext_noop("%(party)s is the client: %(groups)s groups by name in %(rules)s rules.")
        else:
            message = gettext_noop("%(party)s is a partner: %(groups)s groups by name in %(rules)s rules.")
        sentences.append(
            Sentence(message, {"party": party.name, "groups": named[party.key], "rules": teams[party.key]})
        )
    others = mapping.parties[mapping.default_party].name
    sentences.append(
        Sentence(
            gettext_noop("Any other group counts as %(party)s and is reported; a blank one is unknown.")
            if others
            else gettext_noop(
                "Any other group counts as the client’s and is reported; a blank one is unknown."
            ),
            {"party": others},
        )
    )
    stated = [
        name
        for name in (
            columns.stated_resolved,
            columns.stated_reassignments,
            columns.stated_reopens,
            columns.stated_sla,
            columns.stated_knowledge,
        )
        if name
    ]
    if stated:
        sentences.append(
            Sentence(
                gettext_noop("Kept as the source states it, beside what the events show: %(columns)s."),
                {"columns": ", ".join(stated)},
            )
        )
    return tuple(sentences)
