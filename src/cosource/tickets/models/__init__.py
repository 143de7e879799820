"""Tickets and all that hangs on them."""

from cosource.tickets.models.articles import TicketArticle
from cosource.tickets.models.bulk import BulkRun
from cosource.tickets.models.calls import Call, CallLoad
from cosource.tickets.models.canned import CannedReply
from cosource.tickets.models.catalog import CatalogItem
from cosource.tickets.models.changes import Approval, ChangePlan, Freeze
from cosource.tickets.models.checklists import ChecklistItem
from cosource.tickets.models.clocks import Clock, Escalation
from cosource.tickets.models.contacts import Contact
from cosource.tickets.models.effort import Effort
from cosource.tickets.models.fields import FieldAnswers, FieldSet
from cosource.tickets.models.links import TicketLink
from cosource.tickets.models.major import MajorIncident
from cosource.tickets.models.matrix import MatrixPart
from cosource.tickets.models.participation import NEVER, Participation
from cosource.tickets.models.routing import RoutingModel, RoutingRules
from cosource.tickets.models.surveys import Survey, SurveySettings
from cosource.tickets.models.templates import Recurrence, RecurringTicket, TicketTemplate
from cosource.tickets.models.tickets import (
    Handover,
    Message,
    Pause,
    Possession,
    SavedView,
    SeriesCounter,
    StatedFigures,
    Ticket,
    TicketReference,
)
from cosource.tickets.models.writing import Following, Writing

__all__ = [
    "NEVER",
    "Approval",
    "BulkRun",
    "Call",
    "CallLoad",
    "CannedReply",
    "CatalogItem",
    "ChangePlan",
    "ChecklistItem",
    "Clock",
    "Contact",
    "Effort",
    "Escalation",
    "FieldAnswers",
    "FieldSet",
    "Following",
    "Freeze",
    "Handover",
    "MajorIncident",
    "MatrixPart",
    "Message",
    "Participation",
    "Pause",
    "Possession",
    "Recurrence",
    "RecurringTicket",
    "RoutingModel",
    "RoutingRules",
    "SavedView",
    "SeriesCounter",
    "StatedFigures",
    "Survey",
    "SurveySettings",
    "Ticket",
    "TicketArticle",
    "TicketLink",
    "TicketReference",
    "TicketTemplate",
    "Writing",
]
