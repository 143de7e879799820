"""Whether this process answers, and whether the installation works; says nothing about anything else."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from cosource.foundation import clock
from cosource.foundation.models import Lease

# The sealer renews its claim at each round; a claim this long past its end has nobody behind it.
WORKER_LATE_SECONDS = 30


def health(request: HttpRequest) -> HttpResponse:
    """Tell a proxy or a supervisor that this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Tell a monitor whether database and worker do their part: 200, or 503 with what does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        lease = Lease.objects.filter(name="sealer").first()
    except DatabaseError:
        return JsonResponse({"status": "down", "database": "unreachable", "worker": "unknown"}, status=503)
    late = None if lease is None else max(0, int((clock.now() - lease.until).total_seconds()))
    works = late is not None and late <= WORKER_LATE_SECONDS
    answer = {
        "status": "ok" if works else "degraded",
        "database": "ok",
        "worker": "ok" if works else "absent",
        "worker_late_seconds": late,
    }
    return JsonResponse(answer, status=200 if works else 503)
