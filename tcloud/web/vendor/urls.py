"""The vendor's desk."""

from django.urls import path

from tcloud.web.vendor import orders

app_name = "vendor"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/<order:number>/", orders.order, name="order"),
    path("orders/<order:number>/accept/", orders.accept, name="order-accept"),
    path("orders/<order:number>/sign/", orders.sign, name="order-sign"),
    path("orders/<order:number>/decline/", orders.decline, name="order-decline"),
    path("orders/<order:number>/contact/", orders.contact, name="order-contact"),
    path("orders/<order:number>/start/", orders.start, name="order-start"),
    path("orders/<order:number>/invoice/", orders.invoice, name="order-invoice"),
    path("orders/<order:number>/contract.pdf", orders.contract, name="order-contract"),
]
