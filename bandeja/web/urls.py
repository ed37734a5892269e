"""What a browser asks for at the root, to install the site."""

from django.urls import path

from bandeja.web import installed

urlpatterns = [
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("sw.js", installed.service_worker, name="service_worker"),
    path("offline", installed.offline, name="offline"),
]
