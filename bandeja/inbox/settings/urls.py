"""Where the settings of accounts are."""

from django.urls import path

from bandeja.inbox.settings import accounts, parked

urlpatterns = [
    path("settings/accounts", accounts.accounts, name="settings_accounts"),
    path("settings/accounts/webchat", accounts.new, {"channel": "webchat"}, name="settings_new_webchat"),
    path("settings/accounts/api", accounts.new, {"channel": "api"}, name="settings_new_api"),
    path("settings/accounts/<int:account_id>", accounts.account, name="settings_account"),
    path("settings/accounts/<int:account_id>/connection", accounts.connection, name="settings_connection"),
    path("settings/accounts/<int:account_id>/token", accounts.token, name="settings_token"),
    path("settings/parked", parked.parked, name="settings_parked"),
]
