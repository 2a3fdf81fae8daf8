"""The vendor's desk."""

from django.urls import path

from tcloud.web.vendor import orders

app_name = "vendor"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/accept/", orders.accept, name="order-accept"),
    path("orders/<str:number>/decline/", orders.decline, name="order-decline"),
    path("orders/<str:number>/contact/", orders.contact, name="order-contact"),
    path("orders/<str:number>/start/", orders.start, name="order-start"),
    path("orders/<str:number>/invoice/", orders.invoice, name="order-invoice"),
    path("orders/<str:number>/contract.pdf", orders.contract, name="order-contract"),
]
