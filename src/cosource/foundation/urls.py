"""Addresses of the audit pages, of work in the background and of the health checks."""

from django.urls import include, path

from cosource.foundation.web import audit, work
from cosource.foundation.web.health import health, healthz

audit_urls = (
    [
        path("", audit.audit_page, name="entries"),
        path("access/", audit.audit_access, name="access"),
        path("heads.json", audit.audit_heads, name="heads"),
        path("check/", audit.audit_check, name="check"),
        path("check/<uuid:work_id>/", audit.audit_check_result, name="check_result"),
        path("<uuid:entry_id>/", audit.audit_entry, name="entry"),
        path("<uuid:entry_id>/erase/", audit.audit_erase, name="erase"),
    ],
    "audit",
)

work_urls = (
    [
        path("", work.work_page, name="list"),
        path("<uuid:work_id>/replay/", work.work_replay, name="replay"),
        path("<uuid:work_id>/cancel/", work.work_cancel, name="cancel"),
    ],
    "work",
)

urlpatterns = [
    path("health", health, name="health"),
    path("healthz", healthz, name="healthz"),
    path("audit/", include(audit_urls)),
    path("work/", include(work_urls)),
]
