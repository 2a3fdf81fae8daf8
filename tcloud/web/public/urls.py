"""What anybody can open."""

from django.urls import include, path

from tcloud.web.public import card_check, catalogue, join, verify, views

join_urls = [
    path("", join.start, name="start"),
    path("consent/", join.consent, name="consent"),
    path("card/", join.card, name="card"),
    path("resume/<token:token>/", join.resume, name="resume"),
    path("declarations/", join.declarations, name="declarations"),
    path("account/", join.account, name="account"),
    path("email/", join.email, name="email"),
    path("email/resend/", join.resend, name="resend"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("rules/", views.rules, name="rules"),
    path("sitemap/", views.sitemap, name="sitemap"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("language/", views.set_language, name="set-language"),
    path("preferences/", views.preferences, name="preferences"),
    path("solutions/", catalogue.solutions, name="solutions"),
    path("solutions/<slug:slug>/", catalogue.solution, name="solution"),
    path("card-check/", card_check.card_check, name="card-check"),
    path("card-check/link/", card_check.card_link, name="card-link"),
    path("contracts/verify/", verify.verify, name="contract-verify"),
    path("join/", include((join_urls, "join"))),
]
