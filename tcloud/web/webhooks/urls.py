"""What gateways and other machines call."""

from django.urls import URLPattern, path

from tcloud.web.webhooks import ecpay

app_name = "webhooks"
urlpatterns: list[URLPattern] = [
    path("ecpay/notify", ecpay.notify, name="ecpay-notify"),
    path("ecpay/return", ecpay.come_back, name="ecpay-return"),
]
