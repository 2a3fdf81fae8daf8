"""The office."""

from django.urls import path

from tcloud.web.office import home

app_name = "office"
urlpatterns = [
    path("", home.home, name="home"),
]
