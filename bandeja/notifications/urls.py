"""Where the pages about being told are."""

from django.urls import path

from bandeja.notifications import views

urlpatterns = [
    path("notifications", views.bell, name="notifications"),
    path("notifications/read", views.seen, name="notifications_read"),
    path("notifications/quiet", views.quiet, name="notifications_quiet"),
    path("notifications/devices", views.device, name="notifications_devices"),
    path("settings/notifications", views.settings_page, name="settings_notifications"),
    path("settings/notifications/devices/<int:device_id>", views.forget, name="settings_notifications_device"),
]
