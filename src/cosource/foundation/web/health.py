"""Whether this process answers, and whether the installation works; says nothing about anything else."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from cosource.foundation import clock
from cosource.foundation.models import Lease
from cosource.foundation.services.leases import BEAT

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
        beats = list(Lease.objects.filter(name__startswith=BEAT).order_by("name"))
    except DatabaseError:
        return JsonResponse({"status": "down", "database": "unreachable", "worker": "unknown"}, status=503)
    late = None if lease is None else max(0, int((clock.now() - lease.until).total_seconds()))
    now = clock.now()
    late_beats = [beat.name.removeprefix(BEAT) for beat in beats if beat.until < now]
    works = late is not None and late <= WORKER_LATE_SECONDS
    answer: dict[str, object] = {
        "status": "ok" if works and not late_beats else "degraded",
        "database": "ok",
        "worker": "ok" if works else "absent",
        "worker_late_seconds": late,
    }
    if beats:
        answer["late"] = late_beats
    return JsonResponse(answer, status=200 if answer["status"] == "ok" else 503)
