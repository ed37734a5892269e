"""Where the pages about people are."""

from django.urls import path

from bandeja.people.views import people, profile, roles, security, welcome, workspace

urlpatterns = [
    path("welcome/<str:uid>/<str:token>", welcome.welcome, name="people_welcome"),
    path("settings/profile", profile.profile, name="settings_profile"),
    path("settings/profile/password", profile.password, name="settings_password"),
    path("settings/security", security.security, name="settings_security"),
    path("settings/sessions/others/end", security.end_others, name="settings_sessions_end"),
    path("settings/sessions/<int:session_id>/end", security.end, name="settings_session_end"),
    path("settings/people/<int:agent_id>/sessions/end", people.sign_out, name="settings_person_sessions_end"),
    path("settings/people", people.people, name="settings_people"),
    path("settings/people/<int:agent_id>/link", people.new_link, name="settings_person_link"),
    path("settings/people/<int:agent_id>/role", people.role, name="settings_person_role"),
    path("settings/people/<int:agent_id>/reactivation", people.reactivation, name="settings_person_reactivation"),
    path("settings/roles", roles.roles, name="settings_roles"),
    path("settings/roles/new", roles.new, name="settings_new_role"),
    path("settings/roles/<int:role_id>", roles.role, name="settings_role"),
    path("settings/roles/<int:role_id>/deletion", roles.deletion, name="settings_role_deletion"),
    path("settings/workspace", workspace.workspace, name="settings_workspace"),
]
