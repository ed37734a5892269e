"""Where the reports are."""

from django.urls import path

from bandeja.reports import views

app_name = "reports"
urlpatterns = [
    path("closings", views.closings, name="closings"),
    path("closings.csv", views.kept, name="kept"),
]
