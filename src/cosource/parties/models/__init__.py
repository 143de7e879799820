"""Parties: organizations, engagements, people, teams, grants. `Person` is the user model."""

from cosource.parties.models.access import Grant, IntegrationToken, Invitation, SignInProvider
from cosource.parties.models.duty import Absence, DutyShift
from cosource.parties.models.engagements import (
    Engagement,
    EngagementService,
    EngagementSite,
    ProviderKind,
    Stage,
    StageChange,
    TransferMilestone,
)
from cosource.parties.models.organizations import Organization, Service, Site
from cosource.parties.models.people import (
    Employment,
    EngagementTeam,
    Membership,
    Person,
    PersonSkill,
    Placement,
    Presence,
    Skill,
    Team,
)

__all__ = [
    "Absence",
    "DutyShift",
    "Employment",
    "Engagement",
    "EngagementService",
    "EngagementSite",
    "EngagementTeam",
    "Grant",
    "IntegrationToken",
    "Invitation",
    "Membership",
    "Organization",
    "Person",
    "PersonSkill",
    "Placement",
    "Presence",
    "ProviderKind",
    "Service",
    "SignInProvider",
    "Site",
    "Skill",
    "Stage",
    "StageChange",
    "Team",
    "TransferMilestone",
]
