"""Where the settings of the API are."""

from django.urls import path

from bandeja.api.views import reference, tokens

urlpatterns = [
    path("settings/tokens/reference", reference.reference, name="settings_api"),
    path("settings/tokens", tokens.tokens, name="settings_tokens"),
    path("settings/tokens/new", tokens.new, name="settings_new_token"),
    path("settings/tokens/<int:token_id>/revocation", tokens.revocation, name="settings_token_revocation"),
]
