# The product as an image: built in one stage, run in another as an unprivileged user.
FROM python:3.12-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE CHANGELOG.md ./
ENV UV_PROJECT_ENVIRONMENT=/opt/tcloud UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN uv sync --frozen --no-default-groups --group build --no-install-project
COPY tools tools
COPY simulators simulators
COPY tcloud tcloud
RUN /opt/tcloud/bin/python tools/messages.py compile \
 && uv sync --frozen --no-default-groups --no-editable

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/tcloud --create-home tcloud
COPY --from=build /opt/tcloud /opt/tcloud
ENV PATH=/opt/tcloud/bin:$PATH PYTHONUNBUFFERED=1 TCLOUD_DATA=/var/lib/tcloud TCLOUD_STATIC_ROOT=/var/lib/tcloud/static
USER tcloud
WORKDIR /var/lib/tcloud
EXPOSE 8000 8001
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"
CMD ["sh", "-c", "tcloud assets && exec tcloud serve --host 0.0.0.0"]
