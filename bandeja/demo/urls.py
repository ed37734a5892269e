"""Where the demo is asked for, and its phones are."""

from django.urls import path

from bandeja.demo import simulator, views

urlpatterns = [
    path("demo", views.demo, name="demo"),
    path("simulator", simulator.simulator, name="simulator"),
    path("simulator/talk", simulator.talk, name="simulator_talk"),
    path("simulator/say", simulator.say, name="simulator_say"),
    path("simulator/read", simulator.read, name="simulator_read"),
    path("simulator/away", simulator.away, name="simulator_away"),
    path("simulator/person", simulator.person, name="simulator_person"),
    path("simulator/file", simulator.file, name="simulator_file"),
]
