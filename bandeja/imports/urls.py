"""Where contacts from a file are."""

from django.urls import path

from bandeja.imports import views

urlpatterns = [
    path("settings/import", views.imports, name="settings_imports"),
    path("settings/import/<int:import_id>", views.one, name="settings_import"),
    path("settings/import/<int:import_id>/columns", views.columns, name="settings_import_columns"),
    path("settings/import/<int:import_id>/writing", views.writing, name="settings_import_writing"),
    path("settings/import/<int:import_id>/cancelling", views.cancelling, name="settings_import_cancelling"),
    path("settings/import/<int:import_id>/refused.csv", views.refused, name="settings_import_refused"),
]
