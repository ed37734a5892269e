"""Where the demo is asked for."""

from django.urls import path

from bandeja.demo import views

urlpatterns = [path("demo", views.demo, name="demo")]
