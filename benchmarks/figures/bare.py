"""The yardstick of pages: a bare Django table of fifty rows, without anything of the product but a model and its database."""

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test.utils import override_settings
from django.urls import path

TEMPLATE = """<!doctype html><html><head><title>Tickets</title></head><body><table>
{% for t in rows %}<tr><td>{{ t.id }}</td><td><a href="/{{ t.id }}/">{{ t.title }}</a></td><td>{{ t.state }}</td>
<td>{{ t.priority }}</td><td>{{ t.opened_at|date:"Y-m-d H:i" }}</td><td>{{ t.service.name }}</td><td>{{ t.version }}</td></tr>
{% endfor %}</table></body></html>"""


def table(request: HttpRequest) -> HttpResponse:
    """Fifty rows of one model with one join."""
    from cosource.tickets.models import Ticket

    rows = Ticket.objects.select_related("service").order_by("id")[:50]
    return HttpResponse(_template().render({"rows": rows}, request))


def _template():
    if not _compiled:
        _compiled.append(engines["django"].from_string(TEMPLATE))
    return _compiled[0]


_compiled = []
urlpatterns = [path("bare/", table)]


class _HereMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.urlconf = "benchmarks.figures.bare"
        return self.get_response(request)


def bare_application() -> WSGIHandler:
    """Return Django's handler with nothing around this one page but what every Django site has."""
    with override_settings(
        MIDDLEWARE=[
            "benchmarks.figures.bare._HereMiddleware",
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
    ):
        return WSGIHandler()
