"""Addresses of this room's pages."""

from django.urls import path

from cosource.parties.web import engagements, invitation, organization, people, rights, start

app_name = "parties"
urlpatterns = [
    path("start/", start.start_page, name="start"),
    path("welcome/", start.welcome_page, name="welcome"),
    path("invitation/<str:secret>/", invitation.invitation_page, name="invitation"),
    path("organization/", organization.organization_page, name="organization"),
    path("organization/places/", organization.places_page, name="places"),
    path("organization/teams/", organization.teams_page, name="teams"),
    path("organization/teams/<uuid:team_id>/", organization.team_page, name="team"),
    path("organization/people/", people.people_page, name="people"),
    path("organization/people/invite/", people.invite_page, name="invite"),
    path("organization/people/<uuid:person_id>/", people.person_page, name="person"),
    path("organization/engagements/", engagements.engagements_page, name="engagements"),
    path("organization/engagements/new/", engagements.engagement_new_page, name="engagement_new"),
    path("organization/engagements/<uuid:engagement_id>/", engagements.engagement_page, name="engagement"),
    path(
        "organization/engagements/<uuid:engagement_id>/people/<uuid:person_id>/",
        rights.grant_new_page,
        name="grant_new",
    ),
    path("organization/grants/", rights.grants_page, name="grants"),
    path("organization/tokens/", rights.tokens_page, name="tokens"),
    path("organization/placements/", rights.placements_page, name="placements"),
]
