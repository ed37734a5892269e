"""Where visitors' browsers find the web chat. An account's key is spelled as at the door, and nothing else is one."""

from django.urls import path, re_path

from bandeja.widget import views

KEY = r"(?P<external_id>[A-Za-z0-9_-]{1,100})"

urlpatterns = [
    path("widget.js", views.script, name="widget_script"),
    re_path(rf"^widget/{KEY}/session$", views.session, name="widget_session"),
    re_path(rf"^widget/{KEY}/messages$", views.messages, name="widget_messages"),
    re_path(rf"^widget/{KEY}/sample$", views.sample, name="widget_sample"),
]
