"""Addresses of figures."""

from django.urls import path

from cosource.metrics.web import answer_tickets, answers, figure, files, mailing, pages, paper, questions

app_name = "scoreboard"
urlpatterns = [
    path("scoreboard/", pages.board, name="board"),
    path("scoreboard/board.pdf", paper.paper, name="paper"),
    path("scoreboard/mail/", mailing.mail, name="mail"),
    path("scoreboard/mail/<str:token>/", mailing.by_token, name="mail_by_token"),
    path("scoreboard/first-answers/", answers.answers, name="answers"),
    path("scoreboard/first-answers/<slug:name>/", answer_tickets.answer_tickets, name="answer_tickets"),
    path("scoreboard/figure/<str:figure_id>/", figure.figure_page, name="figure"),
    path("scoreboard/figure/<str:figure_id>/ask/", figure.ask, name="ask"),
    path("scoreboard/figure/<str:figure_id>/chart.svg", files.chart, {"form": "svg"}, name="chart"),
    path("scoreboard/figure/<str:figure_id>/chart.png", files.chart, {"form": "png"}, name="chart_png"),
    path("scoreboard/figure/<str:figure_id>/<slug:name>.csv", files.figure_table, name="figure_table"),
    path("scoreboard/table/<slug:name>.csv", files.table, name="table"),
    path("scoreboard/questions/", questions.questions, name="questions"),
    path("scoreboard/questions/<uuid:question_id>/", questions.question, name="question"),
    path("scoreboard/questions/<uuid:question_id>/answer/", figure.answer, name="answer"),
]
