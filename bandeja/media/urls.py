"""Addresses of files."""

from django.urls import path

from bandeja.media import views

app_name = "media"
urlpatterns = [
    path("uploads", views.uploads, name="uploads"),
    path("out/<str:token>", views.out, name="out"),
    path("<int:attachment_id>", views.file, name="file"),
    path("<int:attachment_id>/thumb", views.thumb, name="thumb"),
]
