"""The member's pages."""

from django.urls import path

from tcloud.web.member import assessment, home, orders, payment, points, records

app_name = "member"
urlpatterns = [
    path("", home.home, name="home"),
    path("points/", points.points, name="points"),
    path("points.csv", points.points_csv, name="points-csv"),
    path("points.xlsx", points.points_xlsx, name="points-xlsx"),
    path("points/<int:year>.pdf", points.points_statement, name="points-statement"),
    path("notices/", home.notices, name="notices"),
    path("records/", records.records, name="records"),
    path("assessment/", assessment.overview, name="assessment"),
    path("assessment/<int:number>/", assessment.part, name="assessment-part"),
    path("assessment/result/", assessment.result, name="assessment-result"),
    path("assessment/again/", assessment.again, name="assessment-again"),
    path("orders/", orders.order_list, name="orders"),
    path("orders.csv", orders.order_list_csv, name="orders-csv"),
    path("orders/new/", orders.new, name="order-new"),
    path("orders/<order:number>/", orders.order, name="order"),
    path("orders/<order:number>/check/", orders.check, name="order-check"),
    path("orders/<order:number>/sign/", orders.sign, name="order-sign"),
    path("orders/<order:number>/reopen/", orders.reopen, name="order-reopen"),
    path("orders/<order:number>/sent/", orders.sent, name="order-sent"),
    path("orders/<order:number>/withdraw/", orders.withdraw, name="order-withdraw"),
    path("orders/<order:number>/approve/", orders.approve, name="order-approve"),
    path("orders/<order:number>/pay/", payment.pay, name="order-pay"),
    path("orders/<order:number>/contract.pdf", orders.contract, name="order-contract"),
]
