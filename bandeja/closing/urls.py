"""Addresses of the closing settings: each is a thing, asked for with GET and made or changed with POST."""

from django.urls import path

from bandeja.closing import offers, overview, pausing, views

app_name = "closing"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("/rules", views.rules, name="rules"),
    path("/rules/<int:rule_id>", views.rule, name="rule"),
    path("/rules/<int:rule_id>/deactivation", views.deactivation, name="deactivation"),
    path("/rules/<int:rule_id>/deletion", views.deletion, name="deletion"),
    path("/rules/<int:rule_id>/inclusions", offers.inclusions, name="inclusions"),
    path("/inclusions/<int:inclusion_id>", offers.inclusion, name="inclusion"),
    path("/inclusions/<int:inclusion_id>/cancelling", offers.cancelling, name="inclusion_cancelling"),
    path("/inclusions/<int:inclusion_id>/undoing", offers.undoing, name="inclusion_undoing"),
    path("/includable", views.includable, name="includable"),
    path("/summary", views.summary, name="summary"),
    path("/accounts", views.accounts, name="accounts"),
    path("/preview", views.preview, name="preview"),
    path("/coverage", overview.coverage, name="coverage"),
    path("/pause", pausing.pause, name="pause"),
    path("/resumption", pausing.resumption, name="resumption"),
    path("/faults", pausing.faults, name="faults"),
    path("/retries", overview.retries, name="retries"),
]
