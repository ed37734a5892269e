"""Where visitors' browsers find the web chat."""

from django.urls import path

from bandeja.widget import views

urlpatterns = [
    path("widget.js", views.script, name="widget_script"),
    path("widget/<str:external_id>/session", views.session, name="widget_session"),
    path("widget/<str:external_id>/messages", views.messages, name="widget_messages"),
    path("widget/<str:external_id>/sample", views.sample, name="widget_sample"),
]
