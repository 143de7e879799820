"""One party questions a figure of the shared desk, the other answers in place; nobody else learns of it."""

import pytest
from django.utils.html import escape
from tests.integration.metrics.test_scoreboard_page import MARCH, browser, of, page, played

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Notice
from cosource.foundation.services.erasure import payload_erase
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries.questions import answers_owed, question_list
from cosource.metrics.services.questions import figure_question_answer, figure_question_ask
from cosource.parties.services.engagements import engagement_create

pytestmark = [pytest.mark.req("C16"), pytest.mark.django_db(transaction=True)]
__all__ = ["played"]
TEXT = "Two of these waited for the toner."


def ask(desk, who="p1.pm", engagement="c1p1", **more):
    given = {"figure": "mttr_resolve.median", "by": "", "by_value": None, "text": TEXT}
    return figure_question_ask(
        **(
            given
            | {
                "engagement_id": desk.world.engagements[engagement].id,
                "from_on": None,
                "until_on": None,
                "actor": desk.actor(who),
                "at": desk.tick(),
            }
            | more
        )
    )


def answer(desk, question, by="c1.cso", text="We count them.", **more):
    return figure_question_answer(
        question_id=question.id, text=text, actor=desk.actor(by), at=desk.tick(), **more
    )


def seen_by(desk, key):
    return [q.id for q in question_list(desk.actor(key))[0]]


def told(kind):
    return sorted(n.person_id for n in Notice.objects.filter(kind=kind))


def test_a_question_keeps_what_the_figure_said_and_both_parties_read_it(played) -> None:
    question = ask(played)
    assert (question.figure, question.n) == ("mttr_resolve.median", 2)
    assert question.value
    (shown,), _ = question_list(played.actor("c1.cso"))
    assert (shown.asked.text, shown.asked.organization, shown.answer) == (TEXT, "Cedar Desk", None)
    assert shown.may_answer
    assert [q.may_answer for q in question_list(played.actor("p1.pm"))[0]] == [False]
    entry = Entry.objects.get(kind="figure.questioned/1")
    assert entry.subject_id == question.id
    assert entry.facts["value"] == question.value
    assert TEXT not in str(entry.facts)
    assert told("figure.questioned") == [played.world.people["c1.cso"].id]


def test_the_other_party_answers_once(played) -> None:
    question = ask(played)
    assert [i.id for i in answers_owed(played.actor("c1.cso"), played.now, False)] == [question.id]
    assert answers_owed(played.actor("p1.pm"), played.now, False) == []
    answer(played, question)
    (shown,), _ = question_list(played.actor("p1.pm"))
    assert shown.answer is not None
    assert (shown.answer.text, shown.answer.organization) == ("We count them.", "Alder Hospitals")
    assert told("figure.answered") == [played.world.people["p1.pm"].id]
    assert answers_owed(played.actor("c1.cso"), played.now, False) == []
    with pytest.raises(Conflict):
        answer(played, question, text="Again.")
    assert Entry.objects.filter(kind="figure.answered/1").count() == 1


def test_only_the_two_parties_learn_of_it(played) -> None:
    question = ask(played)
    sight = {
        key: seen_by(played, key) == [question.id]
        for key in (
            "c1.cso",
            "c1.ct",
            "c1.aud",
            "p1.pm",
            "c1.req",
            "p1.pt",
            "p2.pm",
            "p3.pm",
            "c2.cso",
            "emb",
        )
    }
    assert sight == {
        "c1.cso": True, "c1.ct": True, "c1.aud": True, "p1.pm": True,
        "c1.req": False, "p1.pt": False, "p2.pm": False, "p3.pm": False, "c2.cso": False, "emb": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        ("p1.pt", NotAllowed),
        ("c1.aud", NotAllowed),
        ("p2.pm", NotFound),
        ("c1.req", NotFound),
        ("c2.cso", NotFound),
    ],
)
def test_who_may_not_ask_changes_nothing(played, by, refusal) -> None:
    with pytest.raises(refusal):
        ask(played, who=by)
    assert not FigureQuestion.objects.exists()
    assert not Entry.objects.filter(kind__startswith="figure.").exists()


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        ("p1.pm", NotAllowed),
        ("c1.ct", NotAllowed),
        ("c1.aud", NotAllowed),
        ("p1.pt", NotFound),
        ("p2.pm", NotFound),
    ],
)
def test_who_may_not_answer_changes_nothing(played, by, refusal) -> None:
    question = ask(played)
    with pytest.raises(refusal):
        answer(played, question, by=by)
    question.refresh_from_db()
    assert question.answered_at is None
    assert not Entry.objects.filter(kind="figure.answered/1").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"text": " "}, {"text": "x" * 2001}, {"figure": "nothing"}, {"by": "team", "by_value": "not there"}],
)
def test_a_question_that_makes_no_sense_changes_nothing(played, wrong) -> None:
    with pytest.raises(Invalid):
        ask(played, **wrong)
    assert not FigureQuestion.objects.exists()


def test_figures_of_an_own_desk_are_nobody_elses_to_answer(played) -> None:
    with pytest.raises(Conflict) as refused:
        ask(played, who="c1.cso", engagement_id=played.org("c1"))
    assert refused.value.code == "nobody_to_ask"


def test_an_absent_party_cannot_be_asked(played) -> None:
    boss = played.actor("c1.cso")
    begun = engagement_create(
        name="Lifts", other_name="Lift Works", own_side="client", actor=boss, at=played.now
    )
    with pytest.raises(Conflict) as refused:
        ask(played, who="c1.cso", engagement_id=begun.id)
    assert refused.value.code == "absent"


def test_what_was_written_can_be_erased(played) -> None:
    question = ask(played)
    payload_erase(
        entry_id=question.asked_entry_id, reason="a name", actor=played.actor("c1.cso"), at=played.tick()
    )
    (shown,), _ = question_list(played.actor("p1.pm"))
    assert shown.asked.text is None


def test_asked_and_answered_on_the_page_of_the_figure(played) -> None:
    here = f"/scoreboard/figure/mttr_resolve.median/?{of(played)}&{MARCH}"
    partner, client = browser(played, "p1.pm"), browser(played, "c1.cso")
    assert "Ask the other party" in page(partner.get(here))
    posted = partner.post(here.replace("/?", "/ask/?"), {"text": TEXT})
    assert posted.status_code == 302
    question = FigureQuestion.objects.get()
    assert question.asked_by_organization_id == played.org("p1")
    assert TEXT in page(partner.get(posted.headers["Location"].partition("#")[0]))
    board = page(client.get(f"/scoreboard/?{of(played)}&{MARCH}"))
    assert TEXT in board
    answered = client.post(f"/scoreboard/questions/{question.id}/answer/", {"text": "We count them."})
    assert answered.status_code == 302
    assert "We count them." in page(partner.get(here))
    assert "We count them." in page(partner.get("/scoreboard/questions/"))
    assert partner.get(f"/scoreboard/questions/{question.id}/").status_code == 302


def test_strangers_meet_nothing_at_the_doors(played) -> None:
    question = ask(played)
    for key in ("p2.pm", "p1.pt", "c2.cso"):
        stranger = browser(played, key)
        assert stranger.get(f"/scoreboard/questions/{question.id}/").status_code == 404
        answered = stranger.post(f"/scoreboard/questions/{question.id}/answer/", {"text": "Mine."})
        assert answered.status_code == 404
        assert TEXT not in page(stranger.get("/scoreboard/questions/"))


def test_it_is_not_offered_where_nobody_shares_the_desk(played) -> None:
    client = browser(played, "c1.cso")
    assert "Ask the other party" not in page(client.get(f"/scoreboard/figure/reopened/?{MARCH}"))
    technician = browser(played, "p1.pt")
    assert "Ask the other party" not in page(
        technician.get(f"/scoreboard/figure/reopened/?{of(played)}&{MARCH}")
    )


def test_a_text_that_is_refused_stands_on_the_page_again(played) -> None:
    partner = browser(played, "p1.pm")
    here = f"/scoreboard/figure/mttr_resolve.median/?{of(played)}&{MARCH}"
    long = "Why <b>this</b>? " * 200
    refused = partner.post(here.replace("/?", "/ask/?"), {"text": long})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert escape(long.strip()) in text
    assert 'aria-invalid="true"' in text
    assert "The other party is asked" not in text
    assert FigureQuestion.objects.count() == 0
    question = ask(played)
    refused = browser(played, "c1.cso").post(f"/scoreboard/questions/{question.id}/answer/", {"text": long})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert escape(long.strip()) in text
    assert f'id="bad-{question.id}"' in text
    question.refresh_from_db()
    assert question.answered_at is None
