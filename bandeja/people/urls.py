"""Where the pages about people are."""

from django.urls import path

from bandeja.people.views import people, profile, teams, welcome, workspace

urlpatterns = [
    path("welcome/<str:uid>/<str:token>", welcome.welcome, name="people_welcome"),
    path("settings/profile", profile.profile, name="settings_profile"),
    path("settings/profile/password", profile.password, name="settings_password"),
    path("settings/people", people.people, name="settings_people"),
    path("settings/people/<int:agent_id>/link", people.new_link, name="settings_person_link"),
    path("settings/people/<int:agent_id>/role", people.role, name="settings_person_role"),
    path("settings/people/<int:agent_id>/activity", people.activity, name="settings_person_activity"),
    path("settings/teams", teams.teams, name="settings_teams"),
    path("settings/teams/new", teams.new, name="settings_new_team"),
    path("settings/teams/<int:team_id>", teams.team, name="settings_team"),
    path("settings/teams/<int:team_id>/deletion", teams.deletion, name="settings_team_deletion"),
    path("settings/workspace", workspace.workspace, name="settings_workspace"),
]
