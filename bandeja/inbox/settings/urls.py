"""Where the settings of accounts are."""

from django.urls import path

from bandeja.inbox.settings import (
    accounts,
    audit,
    connecting,
    fields,
    health,
    leaving,
    meta_apps,
    parked,
    tags,
    templates,
)

urlpatterns = [
    path("settings/accounts", accounts.accounts, name="settings_accounts"),
    path("settings/accounts/new", accounts.channels, name="settings_new"),
    path("settings/accounts/webchat", accounts.new, {"channel": "webchat"}, name="settings_new_webchat"),
    path("settings/accounts/api", accounts.new, {"channel": "api"}, name="settings_new_api"),
    path("settings/accounts/whatsapp", connecting.line, {"channel": "whatsapp"}, name="settings_new_whatsapp"),
    path("settings/accounts/whatsapp/numbers", connecting.numbers, name="settings_numbers"),
    path("settings/accounts/messenger", connecting.line, {"channel": "messenger"}, name="settings_new_messenger"),
    path("settings/accounts/instagram", connecting.line, {"channel": "instagram"}, name="settings_new_instagram"),
    path("settings/accounts/apps/new", meta_apps.new, name="settings_new_app"),
    path("settings/accounts/apps/<int:app_id>", meta_apps.app, name="settings_app"),
    path("settings/accounts/apps/<int:app_id>/removal", meta_apps.removal, name="settings_app_removal"),
    path("settings/accounts/<int:account_id>", accounts.account, name="settings_account"),
    path("settings/accounts/<int:account_id>/connection", accounts.connection, name="settings_connection"),
    path("settings/accounts/<int:account_id>/token", accounts.token, name="settings_token"),
    path("settings/accounts/<int:account_id>/access", connecting.access, name="settings_access"),
    path("settings/accounts/<int:account_id>/check", health.check, name="settings_check"),
    path("settings/accounts/<int:account_id>/templates", templates.templates, name="settings_templates"),
    path("settings/people/<int:agent_id>/leaving", leaving.leaving, name="settings_person_leaving"),
    path("settings/audit", audit.audit, name="settings_audit"),
    path("settings/audit.csv", audit.table, name="settings_audit_csv"),
    path("settings/tags", tags.tags, name="settings_tags"),
    path("settings/tags/new", tags.new, name="settings_new_tag"),
    path("settings/tags/<int:tag_id>", tags.tag, name="settings_tag"),
    path("settings/tags/<int:tag_id>/deletion", tags.deletion, name="settings_tag_deletion"),
    path("settings/fields", fields.fields, name="settings_fields"),
    path("settings/fields/new", fields.new, name="settings_new_field"),
    path("settings/fields/<int:field_id>", fields.field, name="settings_field"),
    path("settings/fields/<int:field_id>/deletion", fields.deletion, name="settings_field_deletion"),
    path("settings/parked", parked.parked, name="settings_parked"),
]
