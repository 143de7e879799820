"""The page for a board: one page, with exactly the scoreboard's figures, for whoever may read them and nobody else."""

import io
import re
from datetime import date, timedelta

import pytest
from django.utils import translation
from pypdf import PdfReader
from tests.integration.metrics.conftest import move, refresh
from tests.integration.metrics.test_questions import ask
from tests.integration.metrics.test_scoreboard_page import MARCH, browser, of, played
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.services.erasure import payload_erase
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.paper import paper_get
from cosource.metrics.queries.paper_page import PARTIES_SHOWN, QUESTIONS_SHOWN, board_pdf, page_words
from cosource.metrics.queries.paper_words import asked_sentences, file_name, lead_words, sentences
from cosource.metrics.queries.typesetting import pdf_of
from cosource.metrics.rules.board import HEADLINES
from cosource.metrics.rules.changes import Verdict
from cosource.metrics.rules.periods import Period, month_of
from cosource.parties.models import Organization

pytestmark = [pytest.mark.req("C16", "E1"), pytest.mark.django_db(transaction=True)]
__all__ = ["played"]
IN_MARCH = month_of(date(2026, 3, 1))


def text_of(pdf: bytes) -> str:
    """All words of a file that must have one page."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 1
    return re.sub(r"\s+", " ", pages[0].extract_text().replace("\u200b", "")).strip()


def paper_of(desk, who="c1.cso", engagement="c1p1", period=IN_MARCH):
    desks = [desk.world.engagements[engagement].id] if engagement else None
    return paper_get(desk.actor(who), desk_ids=desks, period=period, at=desk.now)


def test_the_page_says_what_the_scoreboard_says(played) -> None:
    paper = paper_of(played)
    text = text_of(board_pdf(paper))
    assert "Alder Hospitals and Cedar Desk" in text
    assert "March 2026" in text
    scope = [played.world.engagements["c1p1"].id]
    days = {"from_on": date(2026, 3, 1), "until_on": date(2026, 4, 1)}
    board = {f.id: f for f in figures(played.actor("p1.pm"), scope=scope, **days, at=played.now)}
    assert [line.tile.figure for line in paper.lines] == [board[i] for i in HEADLINES if board[i].n]
    assert "First-contact resolution 0.00 % n 2 0.00 – 65.76 %" in text
    assert {line.change.verdict for line in paper.lines} == {Verdict.MEASURED, Verdict.NOTHING_BEFORE}
    assert "The period is not over: it is counted up to 2 Mar 2026." in text


def test_both_parties_get_the_same_but_for_what_is_marked(played) -> None:
    words = [page_words(paper_of(played, who)) for who in ("c1.cso", "p1.pm")]
    for name in ("title", "lines", "lead", "silent", "questions", "waits", "scope", "terms"):
        assert words[0][name] == words[1][name], name


def test_each_party_is_told_what_is_asked_of_it(agreed) -> None:
    desk = agreed
    printing = desk.world.services["c1.printing"].id
    late = desk.open(title="Late", service_id=printing)
    desk.give(late, to="p1.alder", by="c1.ct", taker="p1.pt")
    kept = desk.open(title="Kept", service_id=printing)
    desk.give(kept, to="p1.alder", by="c1.ct", taker="p1.pt")
    move(desk, kept, "resolved", "p1.pt", text="Toner.")
    desk.now += timedelta(days=9)
    refresh(desk)
    question = ask(desk, "c1.cso", figure="sla_met")
    paper = paper_of(desk)
    (asked,) = [a for a in paper.asked if a.party == "Cedar Desk"]
    assert (asked.missed, asked.due, asked.overdue, asked.open) == (1, 2, 1, 1)
    assert [q.id for q in asked.questions] == [question.id]
    assert asked_sentences(paper) == [
        "Cedar Desk: settle 1 overdue ticket; account for 1 promise that was missed; answer 1 question"
    ]
    text = text_of(board_pdf(paper))
    assert "1 of 2" in text
    assert "Alder Hospitals asks Cedar Desk" in text
    assert "Two of these waited for the toner." in text
    assert "Terms: " in text
    assert ", version 1, since " in text
    (own,) = [a for a in paper_of(desk, "p1.pm").asked if a.party == "Cedar Desk"]
    assert (own.missed, own.overdue) == (1, 1)
    # Before the month in which it was due nothing was missed; what is asked now is asked now.
    (before,) = paper_of(desk, period=month_of(date(2026, 2, 1))).asked
    assert (before.missed, before.due, before.overdue, before.open, len(before.questions)) == (0, 0, 0, 0, 1)


def test_a_ticket_without_a_name_is_told_to_its_own_party_alone(played) -> None:
    ticket = played.open(title="Nobody", service_id=played.world.services["c1.printing"].id)
    played.offer(ticket, to="p1.alder", by="c1.ct")
    played.accept(ticket, "p1.pm")
    refresh(played)
    unnamed = {
        who: sum(a.unnamed or 0 for a in paper_of(played, who).asked if a.party == "Cedar Desk")
        for who in ("p1.pm", "c1.cso")
    }
    from cosource.tickets.models import Participation

    parts = Participation.objects.filter(ticket=ticket, organization=played.world.organizations["p1"])
    assert unnamed == {"p1.pm": parts.filter(assignee_id=None).count(), "c1.cso": 0}


def test_who_may_not_compare_partners_is_told_of_all_together(played) -> None:
    played.open(title="Late", service_id=played.world.services["c1.printing"].id)
    refresh(played)
    ask(played)
    played.now += timedelta(days=2)
    paper = paper_of(played, "c1.ct", engagement=None)
    (asked,) = paper.asked
    assert (asked.party_id, asked.party, len(asked.questions)) == (None, "All parties together", 1)
    leads = paper_of(played, engagement=None).asked
    assert asked.open == sum(a.open for a in leads) == 2
    assert {a.party for a in leads} == {"Alder Hospitals"}
    text = text_of(browser(played, "c1.ct").get(f"/scoreboard/board.pdf?{MARCH}").content)
    assert "All parties together" in text


def test_an_erased_question_is_not_on_the_page(played) -> None:
    question = ask(played)
    assert "Two of these waited" in text_of(board_pdf(paper_of(played)))
    payload_erase(
        entry_id=question.asked_entry_id,
        reason="A name was in it.",
        actor=played.actor("p1.pm"),
        at=played.tick(),
    )
    text = text_of(board_pdf(paper_of(played)))
    assert "Two of these waited" not in text
    assert "This text was erased." in text


def test_there_is_one_page_however_much_there_is_to_say(played) -> None:
    for key in ("c1", "p1"):
        Organization.objects.filter(pk=played.world.organizations[key].pk).update(name=f"{key} " + "W" * 110)
    for n in range(QUESTIONS_SHOWN + 5):
        ask(played, text=f"{n} " + "Mmmmmm wwwwww " * 100)
    words = page_words(paper_of(played))
    assert len(words["questions"]) == QUESTIONS_SHOWN
    assert words["questions_more"][QUESTIONS_SHOWN] == "and 5 more questions"
    for language in ("en", "de"):
        with translation.override(language):
            text = text_of(board_pdf(paper_of(played)))
        assert re.search(r"and \d+ more questions|und \d+ weitere Fragen", text)
    row = dict(words["asked"][0], words="settle " * 60)
    crowded = words | {
        "asked": [row] * PARTIES_SHOWN,
        "asked_more": [f"and {n} more parties" for n in range(PARTIES_SHOWN + 1)],
        "lines": (words["lines"] * 3)[: len(HEADLINES)],
    }
    assert "more parties" in text_of(pdf_of("board.typ", crowded, at=played.now))


def test_a_name_that_looks_like_a_command_is_a_name(played) -> None:
    name = '#read("/etc/passwd") *b* $x$'
    Organization.objects.filter(pk=played.world.organizations["p1"].pk).update(name=name)
    assert name in text_of(board_pdf(paper_of(played)))


def test_the_page_is_in_the_language_of_its_reader(played) -> None:
    with translation.override("de"):
        text = text_of(board_pdf(paper_of(played)))
    assert "Alder Hospitals und Cedar Desk" in text
    assert "März 2026" in text
    assert "0,00 %" in text


def test_a_period_without_one_before_says_so(played) -> None:
    paper = paper_of(played, period=Period())
    assert lead_words(paper).startswith("There is no period before this one to compare it with.")
    assert all(s.endswith("– no period before") for s in sentences(paper))
    assert file_name(paper) == "Printing-all.pdf" or file_name(paper).endswith("-all.pdf")


def test_who_may_read_the_figures_gets_the_page_and_nobody_else(played) -> None:
    address = f"/scoreboard/board.pdf?{of(played)}&{MARCH}"
    for key in ("c1.cso", "c1.ct", "p1.pm"):
        answer = browser(played, key).get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"].endswith('-2026-03.pdf"')
        assert "Alder Hospitals and Cedar Desk" in text_of(answer.content)
    assert browser(played, "p2.pm").get(address).status_code == 404
    assert browser(played, "c1.req").get(address).status_code == 403
    # A partner's page of all its engagements says nothing of those of others.
    text = text_of(browser(played, "p1.pm").get(f"/scoreboard/board.pdf?{MARCH}").content)
    assert "Dogwood" not in text
    assert "Elm" not in text
    assert browser(played, "p1.pm").get(f"/scoreboard/board.pdf?scope={played.org('c1')}").status_code == 404


def test_without_tickets_there_is_no_page(desk) -> None:
    refresh(desk)
    with pytest.raises(Conflict):
        paper_of(desk, period=None)
    assert "Nothing counts in this period." in text_of(board_pdf(paper_of(desk)))
    with pytest.raises(NotFound):
        paper_of(desk, "p2.pm")
    with pytest.raises(Invalid):
        paper_of(desk, period=Period(date(2026, 3, 2), date(2026, 3, 2)))


def test_the_command_writes_the_page(played, tmp_path) -> None:
    out = tmp_path / "board.pdf"
    given = ["metrics", "board", "--out", str(out), "--as", "Cedar Desk", "--month", "2026-03"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert "First-contact resolution" in text_of(out.read_bytes())
    assert CliRunner().invoke(app, [*given, "--language", "xx"]).exit_code == 2
    assert CliRunner().invoke(app, [*given[:-1], "2026-13"]).exit_code == 2
    assert CliRunner().invoke(app, [*given, "--out", str(tmp_path / "no" / "x.pdf")]).exit_code == 1
    assert CliRunner().invoke(app, [*given, "--language", "de"]).exit_code == 0
    assert "Lösung beim ersten Kontakt" in text_of(out.read_bytes())
