"""Pages that exist in a demonstration only."""

from django.urls import path

from tcloud.demo import clock, gallery, pages

urlpatterns = [
    path("demo/people/", pages.people, name="demo-people"),
    path("demo/clock/", clock.page, name="demo-clock"),
    path("_components/", gallery.components, name="components"),
]
