"""What a monitor reads: requests as they were answered, work as it stands, in the text form of Prometheus.

Counted by route, never by address: no id of anything and no name of a party is in it. Without a token that a monitor must show
there is no such page. Several web processes of one `cosource web` count together, through files that the parent makes.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cosource.foundation import clock
from cosource.foundation.queries.checks import connections_open, database_bytes, work_state
from cosource.foundation.services.duework import is_outward

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_here = CollectorRegistry()
_requests = Counter("cosource_requests", "Requests answered.", ("method", "route", "status"), registry=_here)
_seconds = Histogram(
    "cosource_request_seconds",
    "Time until an answer was ready.",
    ("method", "route"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_here,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MetricsMiddleware:
    """Counts every request, where a token says that somebody reads the counts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match else "(none)"
        # A method may be any word that somebody sends.
        method = request.method if request.method in _METHODS else "other"
        _requests.labels(method, route, response.status_code).inc()
        _seconds.labels(method, route).observe(time.perf_counter() - began)
        return response


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a monitor that shows the token; to everybody else there is nothing here."""
    shown = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    counts = _here
    if os.environ.get(_FOLDER):
        counts = CollectorRegistry()
        MultiProcessCollector(counts)  # type: ignore[no-untyped-call]  # the library annotates it in part
    state = CollectorRegistry(auto_describe=False)
    state.register(_State())
    return HttpResponse(
        generate_latest(counts) + generate_latest(state),
        content_type="text/plain; version=0.0.4; charset=utf-8",
    )


class _State(Collector):
    """How the installation stands at the moment of asking."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        work = work_state(clock.now())
        rows = GaugeMetricFamily("cosource_work", "Work that is not over.", labels=("kind", "state"))
        ages = GaugeMetricFamily(
            "cosource_work_oldest_seconds", "How long ago the oldest was due.", labels=("kind", "state")
        )
        outbox = 0
        for kind, state, count, age in work.waiting:
            rows.add_metric((kind, state), count)
            ages.add_metric((kind, state), age.total_seconds())
            outbox += count if state == "queued" and is_outward(kind) else 0
        yield rows
        yield ages
        yield _gauge("cosource_outbox", "Messages that wait to leave.", outbox)
        yield _gauge("cosource_unsealed_entries", "Entries that wait for the sealer.", work.unsealed)
        yield _gauge(
            "cosource_sealer_lag_seconds", "Age of the oldest of them.", work.sealer_lag.total_seconds()
        )
        if work.worker_late is not None:
            yield _gauge(
                "cosource_worker_late_seconds",
                "Time since a worker should have been heard of.",
                work.worker_late.total_seconds(),
            )
        yield _gauge("cosource_late_beats", "Recurring work that did not come.", len(work.late_beats))
        yield _gauge("cosource_database_bytes", "Room that the database takes.", database_bytes())
        if (connections := connections_open()) is not None:
            yield _gauge(
                "cosource_database_connections", "Connections to the database, of all processes.", connections
            )
        if (resident := _resident_bytes()) is not None:
            yield _gauge("cosource_web_resident_bytes", "Memory of the web process that answers.", resident)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _resident_bytes() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
