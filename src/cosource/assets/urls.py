"""Addresses of assets."""

from django.urls import path

from cosource.assets.web import editing, pages, steps

app_name = "assets"
urlpatterns = [
    path("assets/", pages.assets, name="list"),
    path("assets/new/", editing.new, name="new"),
    path("assets/find/", pages.find, name="find"),
    path("assets/<uuid:asset_id>/", pages.asset, name="asset"),
    path("assets/<uuid:asset_id>/edit/", editing.edit, name="edit"),
    path("assets/<uuid:asset_id>/relate/", steps.relate, name="relate"),
    path("assets/<uuid:asset_id>/unrelate/", steps.unrelate, name="unrelate"),
]
