"""Addresses of the audit pages, of notices, work in the background and of the health checks."""

from django.urls import include, path

from cosource.foundation.web import audit, channels, notices, work
from cosource.foundation.web.health import health, healthz
from cosource.foundation.web.metrics import metrics

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

notice_urls = (
    [
        path("", notices.notices_page, name="list"),
        path("read/", notices.notices_all_read, name="all_read"),
        path("choices/", notices.choices_page, name="choices"),
        path("browsers/", notices.browser_add, name="browser_add"),
        path("browsers/<uuid:subscription_id>/forget/", notices.browser_forget, name="browser_forget"),
        path("by-link/<str:token>/", notices.by_token, name="by_token"),
        path("channels/", channels.channels_page, name="channels"),
        path("channels/<uuid:endpoint_id>/secret/", channels.secret_exchange, name="secret_exchange"),
        path("channels/<uuid:endpoint_id>/remove/", channels.webhook_gone, name="webhook_remove"),
        path("gateways/<uuid:gateway_id>/remove/", channels.gateway_gone, name="gateway_remove"),
        path("<uuid:notice_id>/open/", notices.notice_open, name="open"),
        path("<uuid:notice_id>/acknowledge/", notices.acknowledge, name="acknowledge"),
    ],
    "notices",
)

urlpatterns = [
    path("health", health, name="health"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("audit/", include(audit_urls)),
    path("work/", include(work_urls)),
    path("notices/", include(notice_urls)),
    path("push-worker.js", notices.push_worker, name="push_worker"),
]
