"""Addresses of agreements."""

from django.urls import path

from cosource.agreements.web import pages, proposing, steps

app_name = "agreements"
urlpatterns = [
    path("agreements/", pages.agreements, name="list"),
    path("agreements/propose/", proposing.propose, name="propose"),
    path("agreements/quick-start/", steps.quick_start, name="quick_start"),
    path("agreements/<uuid:agreement_id>/", pages.agreement, name="detail"),
    path("agreements/versions/<uuid:version_id>/text/", pages.text_file, name="text"),
    path("agreements/versions/<uuid:version_id>/confirm/", steps.confirm, name="confirm"),
    path("agreements/versions/<uuid:version_id>/table/", steps.table, name="table"),
    path("agreements/versions/<uuid:version_id>/withdraw/", steps.withdraw, name="withdraw"),
]
