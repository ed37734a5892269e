"""Where the pages about people are."""

from allauth.mfa.recovery_codes.views import download_recovery_codes, view_recovery_codes
from django.urls import path
from django.views.generic import RedirectView

from bandeja.people.views import (
    people,
    presence,
    profile,
    roles,
    second_step,
    security,
    teams,
    welcome,
    workspace,
)

urlpatterns = [
    path("welcome/<str:uid>/<str:token>", welcome.welcome, name="people_welcome"),
    path("settings/profile", profile.profile, name="settings_profile"),
    path("settings/profile/password", profile.password, name="settings_password"),
    path("settings/profile/away", presence.away, name="settings_away"),
    path("presence", presence.state, name="presence"),
    path("presence/seen", presence.seen, name="presence_seen"),
    path("settings/security", security.security, name="settings_security"),
    # The names by which allauth finds its own pages.
    path("settings/security/mfa", RedirectView.as_view(pattern_name="settings_security"), name="mfa_index"),
    path("settings/security/app", second_step.activate, name="mfa_activate_totp"),
    path("settings/security/app/removal", second_step.deactivate, name="mfa_deactivate_totp"),
    path("settings/security/passkeys/new", second_step.add_passkey, name="mfa_add_webauthn"),
    path("settings/security/passkeys/<int:pk>/removal", second_step.remove_passkey, name="mfa_remove_webauthn"),
    path("settings/security/codes", view_recovery_codes, name="mfa_view_recovery_codes"),
    path("settings/security/codes/new", second_step.new_codes, name="mfa_generate_recovery_codes"),
    path("settings/security/codes/file", download_recovery_codes, name="mfa_download_recovery_codes"),
    path("settings/sessions/others/end", security.end_others, name="settings_sessions_end"),
    path("settings/sessions/<int:session_id>/end", security.end, name="settings_session_end"),
    path("settings/people/<int:agent_id>/sessions/end", people.sign_out, name="settings_person_sessions_end"),
    path("settings/people", people.people, name="settings_people"),
    path("settings/people/<int:agent_id>/link", people.new_link, name="settings_person_link"),
    path("settings/people/<int:agent_id>/role", people.role, name="settings_person_role"),
    path("settings/teams", teams.teams, name="settings_teams"),
    path("settings/teams/new", teams.new, name="settings_new_team"),
    path("settings/teams/<int:team_id>", teams.team, name="settings_team"),
    path("settings/teams/<int:team_id>/deletion", teams.deletion, name="settings_team_deletion"),
    path(
        "settings/people/<int:agent_id>/second-step/removal", people.second_step, name="settings_person_second_step"
    ),
    path("settings/people/<int:agent_id>/reactivation", people.reactivation, name="settings_person_reactivation"),
    path("settings/roles", roles.roles, name="settings_roles"),
    path("settings/roles/new", roles.new, name="settings_new_role"),
    path("settings/roles/<int:role_id>", roles.role, name="settings_role"),
    path("settings/roles/<int:role_id>/deletion", roles.deletion, name="settings_role_deletion"),
    path("settings/workspace", workspace.workspace, name="settings_workspace"),
    path("settings/workspace/idle", presence.idle, name="settings_idle"),
]
