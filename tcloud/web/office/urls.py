"""The office."""

from django.urls import path

from tcloud.web.office import home, messages

app_name = "office"
urlpatterns = [
    path("", home.home, name="home"),
    path("messages/", messages.preview, name="messages"),
]
