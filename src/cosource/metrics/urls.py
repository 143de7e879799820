"""Addresses of figures."""

from django.urls import path

from cosource.metrics.web import figure, pages

app_name = "scoreboard"
urlpatterns = [
    path("scoreboard/", pages.board, name="board"),
    path("scoreboard/figure/<str:figure_id>/", figure.figure_page, name="figure"),
]
