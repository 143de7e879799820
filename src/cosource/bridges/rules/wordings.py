"""The words for everything that can be wrong with a foreign file.

Here: one entry per kind of problem: what became of the row, the message, the fix. Not here: the `Problem`
value that uses them (`problems`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

type Outcome = Literal["refused", "repaired", "noted", "stopped"]
"""`refused`: the row is left out. `repaired`: kept, with the cell changed as the message says. `noted`: kept
as it stands. `stopped`: nothing could be read from here on; what came before is kept."""


def gettext_noop(text: str) -> str:
    """Mark a text for the translators and return it unchanged."""
    return text


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one kind of problem: what is wrong, what to do, what became of the row."""

    outcome: Outcome
    message_id: str
    fix_id: str


WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        # The file as a whole
        "not-found": Wording(
            "stopped",
            gettext_noop("There is no such file."),
            gettext_noop("Check the path and its spelling."),
        ),
        "not-a-file": Wording(
            "stopped",
            gettext_noop("This cannot be opened: %(reason)s."),
            gettext_noop("Name a readable file."),
        ),
        "empty": Wording(
            "stopped",
            gettext_noop("The file holds no rows."),
            gettext_noop("Export it again, with its heading."),
        ),
        "too-big": Wording(
            "stopped",
            gettext_noop("Unpacked, the file is larger than %(limit)s bytes."),
            gettext_noop("Split it, or raise the limit if you trust its origin."),
        ),
        "bomb": Wording(
            "stopped",
            gettext_noop("The file unpacks to more than %(ratio)s times its size, as no honest export does."),
            gettext_noop("Export it again from the source; do not open this copy."),
        ),
        "looks-utf-16": Wording(
            "stopped",
            gettext_noop("The file looks like UTF-16, not %(encoding)s."),
            gettext_noop('Set encoding = "utf-16" in the mapping, or export as UTF-8.'),
        ),
        "not-text": Wording(
            "stopped",
            gettext_noop("The file is neither text nor a format that can be read here."),
            gettext_noop("Export it as CSV, XLSX or XES; gz and xz are unpacked."),
        ),
        "wrong-format": Wording(
            "stopped",
            gettext_noop("The file is %(found)s, but the mapping is for %(wanted)s."),
            gettext_noop("Choose the mapping that belongs to this file."),
        ),
        "wrong-delimiter": Wording(
            "stopped",
            gettext_noop("The columns are not separated by %(delimiter)s; with %(better)s the heading fits."),
            gettext_noop("Set delimiter = %(better)s in the mapping."),
        ),
        "missing-column": Wording(
            "stopped",
            gettext_noop("The heading has no such column; the nearest is %(nearest)s."),
            gettext_noop("Correct the name in the mapping, or export this column too."),
        ),
        "doubled-column": Wording(
            "stopped",
            gettext_noop("The heading names this column more than once."),
            gettext_noop("Rename one of them in the export."),
        ),
        "no-sheet": Wording(
            "stopped",
            gettext_noop("The workbook has no sheet %(sheet)s; it has %(sheets)s."),
            gettext_noop("Set sheet in the mapping to one of these."),
        ),
        "broken-workbook": Wording(
            "stopped",
            gettext_noop("The workbook cannot be read: %(reason)s."),
            gettext_noop("Save it again as XLSX, or export as CSV."),
        ),
        "xml-entities": Wording(
            "stopped",
            gettext_noop("The file declares a document type or entities, which no export needs."),
            gettext_noop("Export it again without them; do not open this copy."),
        ),
        "xml-shape": Wording(
            "stopped",
            gettext_noop("The XML is nested too deeply or holds a piece that is too long."),
            gettext_noop("Export it again from the source."),
        ),
        "not-xes": Wording(
            "stopped",
            gettext_noop("The outermost element is %(found)s; an XES file has log."),
            gettext_noop("Export the log as XES (IEEE 1849)."),
        ),
        # Where reading ends early
        "truncated": Wording(
            "stopped",
            gettext_noop("The file breaks off here; it was not copied to its end."),
            gettext_noop(
                "The rows before are kept. Copy the file again and import it again: nothing is doubled."
            ),
        ),
        "corrupt": Wording(
            "stopped",
            gettext_noop("The file is damaged from here on: %(reason)s."),
            gettext_noop(
                "The rows before are kept. Copy the file again and import it again: nothing is doubled."
            ),
        ),
        # One row
        "short-row": Wording(
            "refused",
            gettext_noop("The row has %(found)s cells instead of %(wanted)s."),
            gettext_noop("Look for a missing delimiter or a line break inside a cell."),
        ),
        "long-row": Wording(
            "refused",
            gettext_noop("The row has %(found)s cells instead of %(wanted)s."),
            gettext_noop("Look for a delimiter inside a cell that is not quoted."),
        ),
        "long-line": Wording(
            "refused",
            gettext_noop("The row is longer than %(limit)s characters."),
            gettext_noop("Look for a missing line break."),
        ),
        "open-quote": Wording(
            "refused",
            gettext_noop("A quotation mark opens here and is not closed before the end of the file."),
            gettext_noop("Close it, or double a mark that belongs to the text."),
        ),
        "unreadable-row": Wording(
            "refused",
            gettext_noop("The row cannot be read: %(reason)s."),
            gettext_noop("Look at its quotation marks."),
        ),
        "undecodable": Wording(
            "repaired",
            gettext_noop("Some bytes are not %(encoding)s; they are shown as \ufffd."),
            gettext_noop("Name the right encoding in the mapping, or a fallback_encoding for such rows."),
        ),
        "fallback-encoding": Wording(
            "repaired",
            gettext_noop("Some bytes are not %(encoding)s; they were read as %(fallback)s."),
            gettext_noop("Check the accented letters in this row."),
        ),
        "control-character": Wording(
            "repaired",
            gettext_noop("A character that cannot be shown, such as a zero byte, was left out."),
            gettext_noop("Check this row in the source."),
        ),
        "formula": Wording(
            "noted",
            gettext_noop("The cell holds a formula; its text is kept and nothing is calculated."),
            gettext_noop("Export values instead of formulas if the result is meant."),
        ),
        "no-ticket": Wording(
            "refused", gettext_noop("The row names no ticket."), gettext_noop("Fill in the ticket's number.")
        ),
        "crowded-ticket": Wording(
            "refused",
            gettext_noop("Ticket %(ticket)s has more than %(limit)s rows."),
            gettext_noop("Check that the mapping's ticket column holds the ticket's own number."),
        ),
        "long-ticket": Wording(
            "refused",
            gettext_noop("The ticket's number is longer than %(limit)s characters."),
            gettext_noop("Check that the mapping's ticket column holds the ticket's own number."),
        ),
        "no-time": Wording(
            "refused",
            gettext_noop("The row does not say when it happened."),
            gettext_noop("Fill in the time of the change."),
        ),
        "bad-time": Wording(
            "refused",
            gettext_noop("“%(value)s” is not a time in the form %(formats)s."),
            gettext_noop("Correct the cell, or add its form to dates in the mapping."),
        ),
        "bad-date": Wording(
            "repaired",
            gettext_noop("“%(value)s” is not a time in the form %(formats)s; the cell was left out."),
            gettext_noop("Correct the cell, or add its form to dates in the mapping."),
        ),
        "time-twice": Wording(
            "repaired",
            gettext_noop("%(value)s occurs twice on that day in %(zone)s; the earlier one was taken."),
            gettext_noop("Export times in UTC to be exact."),
        ),
        "time-skipped": Wording(
            "repaired",
            gettext_noop("%(value)s does not exist on that day in %(zone)s; the clock's jump was added."),
            gettext_noop("Check the zone in the mapping, or export times in UTC."),
        ),
        "time-back": Wording(
            "noted",
            gettext_noop(
                "The time goes back from the row before (row %(before)s); both are kept as they stand."
            ),
            gettext_noop("Nothing has to be done; the facts are ordered by their time."),
        ),
        "before-opening": Wording(
            "noted",
            gettext_noop("The change is dated before the ticket was opened; both times are kept."),
            gettext_noop("Nothing has to be done; check the source if it matters."),
        ),
        "same-moment": Wording(
            "noted",
            gettext_noop(
                "Time and sequence number are those of row %(before)s; their order in the file is kept."
            ),
            gettext_noop("Nothing has to be done."),
        ),
        "same-row": Wording(
            "noted",
            gettext_noop("The row repeats row %(before)s word for word; both are kept."),
            gettext_noop("Nothing has to be done; check the export if it surprises you."),
        ),
        "no-state": Wording(
            "refused", gettext_noop("The row names no state."), gettext_noop("Fill in the ticket's state.")
        ),
        "unknown-state": Wording(
            "refused",
            gettext_noop("The mapping does not know the state “%(value)s”; the nearest is %(nearest)s."),
            gettext_noop('Add [states."%(value)s"] to the mapping.'),
        ),
        "no-group": Wording(
            "noted",
            gettext_noop("The row names no group; who held the ticket from then on is kept as unknown."),
            gettext_noop("Nothing has to be done; fill in the group if it is known."),
        ),
        "unknown-group": Wording(
            "repaired",
            gettext_noop("The mapping does not know the group “%(value)s”; it was counted as %(party)s."),
            gettext_noop("Add the group to [[groups.rules]] in the mapping."),
        ),
        "unknown-level": Wording(
            "repaired",
            gettext_noop("The mapping does not know “%(value)s” here; the cell was left out."),
            gettext_noop("Add it to [%(table)s] in the mapping."),
        ),
        "bad-number": Wording(
            "repaired",
            gettext_noop("“%(value)s” is not a whole number of at most nine digits; the cell was left out."),
            gettext_noop("Correct the cell."),
        ),
        "worked-here": Wording(
            "noted",
            gettext_noop(
                "Ticket %(ticket)s has been worked on here meanwhile; its new rows are kept as history, its state stays."
            ),
            gettext_noop("Nothing has to be done; move the ticket by hand if the other system is ahead."),
        ),
        "too-many-problems": Wording(
            "noted",
            gettext_noop("More problems were found than are listed one by one; all of them are counted."),
            gettext_noop("Mend what is listed, and run it again."),
        ),
        "asset-no-name": Wording(
            "refused",
            gettext_noop("The row names no asset."),
            gettext_noop("Give it a name."),
        ),
        "asset-value": Wording(
            "refused",
            gettext_noop("“%(value)s” does not fit here: %(reason)s"),
            gettext_noop("Correct the cell, or say in [words] of the mapping what it means."),
        ),
        "asset-long": Wording(
            "repaired",
            gettext_noop("The cell has more than %(limit)s characters; it was cut."),
            gettext_noop("Nothing has to be done; shorten it at its source."),
        ),
        "asset-twice": Wording(
            "refused",
            gettext_noop("Row %(row)s is about the same asset; this one was left out."),
            gettext_noop("Keep one row for each asset, or give each a key of its own."),
        ),
        "asset-unclear": Wording(
            "refused",
            gettext_noop("%(count)s assets fit this row, and nothing tells which of them is meant."),
            gettext_noop("Give a key or a serial number, or tell the assets apart by their sites."),
        ),
        "asset-conflict": Wording(
            "refused",
            gettext_noop("By its key this is “%(name)s”, by its serial number “%(other)s”."),
            gettext_noop("Correct the serial number here or there, or make one asset of the two."),
        ),
        "asset-taken": Wording(
            "refused",
            gettext_noop("This row fits “%(name)s”, which the source knows as %(key)s."),
            gettext_noop("Correct the key or the serial number, or give the new asset another name."),
        ),
        "asset-no-service": Wording(
            "repaired",
            gettext_noop("There is no service “%(value)s”; the cell was left out."),
            gettext_noop("Add the service, and bring the file in again."),
        ),
        "asset-no-person": Wording(
            "repaired",
            gettext_noop("Nobody who works here has the address “%(value)s”; the cell was left out."),
            gettext_noop("Invite the person, and bring the file in again."),
        ),
        "asset-no-other": Wording(
            "repaired",
            gettext_noop("There is no asset “%(value)s” to hang this on, or several; the cell was left out."),
            gettext_noop("Name it by its key, and bring it in as well."),
        ),
        "asset-circle": Wording(
            "repaired",
            gettext_noop("This would go round in a circle: %(path)s; the cell was left out."),
            gettext_noop("Correct what hangs on what."),
        ),
        "bad-json": Wording(
            "stopped",
            gettext_noop("This is no export of NetBox: %(reason)s."),
            gettext_noop("Export it again, as JSON from the API or by dumpdata."),
        ),
        "bad-record": Wording(
            "refused",
            gettext_noop("The record is not as NetBox writes it: %(reason)s."),
            gettext_noop("Export it again, or mend it where it comes from."),
        ),
        "bad-flag": Wording(
            "repaired",
            gettext_noop("“%(value)s” is neither yes nor no; the cell was left out."),
            gettext_noop("Add the word to true or false in the mapping's [source]."),
        ),
    }
)
