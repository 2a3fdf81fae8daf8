"""Every address of the product; each view names its access rule (tcloud.web.access)."""

from django.conf import settings
from django.urls import include, path

from tcloud.api.v1 import api
from tcloud.core.profile import Profile
from tcloud.web import answers, health
from tcloud.web.accounts import account_urls

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include(account_urls)),
    path("member/", include("tcloud.web.member.urls")),
    path("vendor/", include("tcloud.web.vendor.urls")),
    path("office/", include("tcloud.web.office.urls")),
    path("webhooks/", include("tcloud.web.webhooks.urls")),
    path("api/v1/", api.urls),
    path("", include("tcloud.web.public.urls")),
]
if settings.PROFILE is Profile.EXAMINATION:
    from tcloud.demo.examination import urlpatterns as examination_urls

    urlpatterns += examination_urls
if settings.DEMO:
    from tcloud.demo.urls import urlpatterns as demo_urls

    urlpatterns += demo_urls

handler400 = answers.bad_request
handler403 = answers.forbidden
handler404 = answers.page_not_found
handler500 = answers.server_error
