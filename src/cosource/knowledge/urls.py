"""Addresses of articles."""

from django.urls import path

from cosource.knowledge.web import editing, pages, steps

app_name = "knowledge"
urlpatterns = [
    path("knowledge/", pages.articles, name="list"),
    path("knowledge/new/", editing.new, name="new"),
    path("knowledge/<uuid:article_id>/", pages.article, name="article"),
    path("knowledge/<uuid:article_id>/edit/", editing.edit, name="edit"),
    path("knowledge/<uuid:article_id>/publish/", steps.publish, name="publish"),
    path("knowledge/<uuid:article_id>/archive/", steps.archive, name="archive"),
    path("knowledge/<uuid:article_id>/validate/", steps.validate, name="validate"),
]
