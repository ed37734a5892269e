"""Addresses of business hours."""

from django.urls import path

from bandeja.closing import calendar_views

app_name = "hours"
urlpatterns = [
    path("", calendar_views.calendars, name="calendars"),
    path("/new", calendar_views.new, name="new"),
    path("/days", calendar_views.days, name="days"),
    path("/<int:calendar_id>", calendar_views.calendar, name="calendar"),
    path("/<int:calendar_id>/deletion", calendar_views.deletion, name="deletion"),
]
