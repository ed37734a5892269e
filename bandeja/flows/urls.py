"""Addresses of flows: nouns; the method is the verb."""

from django.urls import path

from bandeja.flows import editor, log, views

app_name = "flows"
urlpatterns = [
    path("settings/flows", views.flows, name="flows"),
    path("settings/flows/<int:flow_id>", editor.flow, name="flow"),
    path("settings/flows/<int:flow_id>/name", views.name, name="name"),
    path("settings/flows/<int:flow_id>/publication", views.publication, name="publication"),
    path("settings/flows/<int:flow_id>/activity", views.activity, name="activity"),
    path("settings/flows/<int:flow_id>/deletion", views.deletion, name="deletion"),
    path("settings/flows/<int:flow_id>/trial", views.trial, name="trial"),
    path("settings/flows/<int:flow_id>/runs", log.runs, name="runs"),
    path("settings/flows/<int:flow_id>/start", editor.starts, name="starts"),
    path("settings/flows/<int:flow_id>/start/<slug:kind>", editor.start, name="start"),
    path("settings/flows/<int:flow_id>/steps/<slug:step_id>", editor.step, name="step"),
    path("settings/flows/<int:flow_id>/steps/<slug:step_id>/moving", editor.moving, name="moving"),
    path("settings/flows/<int:flow_id>/steps/<slug:step_id>/deletion", editor.deletion, name="step_deletion"),
    path("settings/flows/<int:flow_id>/new/<slug:place>", editor.kinds, name="kinds"),
    path("settings/flows/<int:flow_id>/new/<slug:place>/<slug:kind>", editor.new, name="new"),
    path("settings/flows/runs/<int:run_id>/going", log.going, name="going"),
    path("settings/flows/runs/<int:run_id>/ending", log.ending, name="ending"),
    path("inbox/<int:conversation_id>/flows", log.conversation, name="conversation"),
]
