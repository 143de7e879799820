"""Addresses of tickets and of Today."""

from django.urls import path

from cosource.tickets.routing.web import pages as routing
from cosource.tickets.web import hiding, list_views, opening, structure, ticket, today, writing
from cosource.tickets.web import list as list_page

app_name = "tickets"
urlpatterns = [
    path("", today.today, name="today"),
    path("tickets/", list_page.tickets, name="list"),
    path("tickets/counts/", list_page.counts, name="counts"),
    path("tickets/filters/", list_page.filters, name="filters"),
    path("tickets/preview/<uuid:ticket_id>/", list_page.preview, name="preview"),
    path("tickets/views/new/", list_views.new, name="view_new"),
    path("tickets/views/<uuid:view_id>/", list_views.view, name="view"),
    path("tickets/views/<uuid:view_id>/delete/", list_views.delete, name="view_delete"),
    path("tickets/new/", opening.new, name="new"),
    path("tickets/routing/", routing.routing, name="routing"),
    path("tickets/routing/rules/<slug:key>/", routing.rule, name="routing_rule"),
    path("tickets/<uuid:ticket_id>/", ticket.ticket, name="ticket"),
    path("tickets/<uuid:ticket_id>/reply/", ticket.reply, name="reply"),
    path("tickets/<uuid:ticket_id>/reply/look/", writing.look, name="reply_look"),
    path("tickets/<uuid:ticket_id>/reply/keep/", writing.keep, name="reply_keep"),
    path("tickets/<uuid:ticket_id>/reply/undo/", writing.undo, name="reply_undo"),
    path("tickets/<uuid:ticket_id>/reply/now/", writing.say, name="reply_now"),
    path("tickets/<uuid:ticket_id>/hidden/<uuid:entry_id>/hide/", hiding.hide, name="hide"),
    path("tickets/<uuid:ticket_id>/hidden/<uuid:entry_id>/release/", hiding.release, name="hidden_release"),
    path("tickets/<uuid:ticket_id>/hidden/<uuid:entry_id>/erase/", hiding.redact, name="hidden_erase"),
    path("tickets/<uuid:ticket_id>/start/", ticket.start, name="start"),
    path("tickets/<uuid:ticket_id>/pause/", ticket.pause, name="pause"),
    path("tickets/<uuid:ticket_id>/resolve/", ticket.resolve, name="resolve"),
    path("tickets/<uuid:ticket_id>/cancel/", ticket.cancel, name="cancel"),
    path("tickets/<uuid:ticket_id>/close/", ticket.close, name="close"),
    path("tickets/<uuid:ticket_id>/reopen/", ticket.reopen, name="reopen"),
    path("tickets/<uuid:ticket_id>/hand-over/", ticket.hand_over, name="hand_over"),
    path("tickets/<uuid:ticket_id>/accept/", ticket.accept, name="accept"),
    path("tickets/<uuid:ticket_id>/decline/", ticket.decline, name="decline"),
    path("tickets/<uuid:ticket_id>/withdraw/", ticket.withdraw, name="withdraw"),
    path("tickets/<uuid:ticket_id>/restored/", ticket.restored, name="restored"),
    path("tickets/<uuid:ticket_id>/answer-accept/", ticket.accept_answer, name="answer_accept"),
    path("tickets/<uuid:ticket_id>/answer-challenge/", ticket.challenge_answer, name="answer_challenge"),
    path(
        "tickets/<uuid:ticket_id>/escalations/<uuid:escalation_id>/acknowledge/",
        ticket.acknowledge,
        name="acknowledge",
    ),
    path("tickets/<uuid:ticket_id>/assign/", ticket.assign, name="assign"),
    path("tickets/<uuid:ticket_id>/edit/", ticket.edit, name="edit"),
    path("tickets/<uuid:ticket_id>/link/", structure.link, name="link"),
    path("tickets/<uuid:ticket_id>/links/<uuid:link_id>/remove/", structure.unlink, name="unlink"),
    path("tickets/<uuid:ticket_id>/merge/", structure.merge, name="merge"),
    path("tickets/<uuid:ticket_id>/split/", structure.split, name="split"),
    path("tickets/<uuid:ticket_id>/unmerge/", structure.unmerge, name="unmerge"),
]
