"""Where the settings of quick replies are."""

from django.urls import path

from bandeja.quickreplies import views

urlpatterns = [
    path("settings/replies", views.replies, name="settings_replies"),
    path("settings/replies/new", views.new, name="settings_new_reply"),
    path("settings/replies/<int:reply_id>", views.reply, name="settings_reply"),
    path("settings/replies/<int:reply_id>/deletion", views.deletion, name="settings_reply_deletion"),
]
