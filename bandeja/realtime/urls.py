"""The one page of the doorbell that Django answers."""

from django.urls import path

from bandeja.realtime import views

urlpatterns = [path("events/token", views.token, name="events_token")]
