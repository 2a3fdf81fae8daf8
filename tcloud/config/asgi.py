"""The event stream process (uvicorn serves it)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tcloud.config.settings")
get_asgi_application()  # settings and apps are ready before the stream's own imports

from tcloud.web.stream import application  # noqa: E402  (needs the line above)

__all__ = ["application"]
