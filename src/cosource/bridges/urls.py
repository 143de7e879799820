"""Addresses of imports."""

from django.urls import path

from cosource.bridges.web import pages, steps

app_name = "imports"
urlpatterns = [
    path("import/", pages.imports, name="list"),
    path("import/assets/", pages.asset_imports, name="assets"),
    path("import/mappings/<slug:name>/", pages.ready_mapping, name="mapping"),
    path("import/<uuid:import_id>/", pages.import_detail, name="detail"),
    path("import/<uuid:import_id>/check/", steps.check, name="check"),
    path("import/<uuid:import_id>/start/", steps.start, name="start"),
    path("import/<uuid:import_id>/stop/", steps.stop, name="stop"),
    path("import/<uuid:import_id>/drop/", steps.drop, name="drop"),
    path("import/<uuid:import_id>/undo/", steps.undo, name="undo"),
]
