"""What gateways and other machines call."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
