"""Where the settings of webhooks are."""

from django.urls import path

from bandeja.webhooks import views

ONE = "settings/webhooks/<int:webhook_id>"

urlpatterns = [
    path("settings/webhooks", views.webhooks, name="settings_webhooks"),
    path("settings/webhooks/new", views.new, name="settings_new_webhook"),
    path(ONE, views.webhook, name="settings_webhook"),
    path(f"{ONE}/change", views.change, name="settings_webhook_change"),
    path(f"{ONE}/test", views.test, name="settings_webhook_test"),
    path(f"{ONE}/again", views.again, name="settings_webhook_again"),
    path(f"{ONE}/disabling", views.disabling, name="settings_webhook_disabling"),
    path(f"{ONE}/enabling", views.enabling, name="settings_webhook_enabling"),
    path(f"{ONE}/rotation", views.rotation, name="settings_webhook_rotation"),
    path(f"{ONE}/removal", views.removal, name="settings_webhook_removal"),
    path(f"{ONE}/deliveries/<int:message_id>", views.delivery, name="settings_webhook_delivery"),
    path(f"{ONE}/deliveries/<int:message_id>/again", views.delivery_again, name="settings_webhook_delivery_again"),
]
