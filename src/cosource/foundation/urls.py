"""Addresses of the audit pages and of the health checks."""

from django.urls import include, path

from cosource.foundation.web import audit
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

urlpatterns = [
    path("health", health, name="health"),
    path("healthz", healthz, name="healthz"),
    path("audit/", include(audit_urls)),
]
