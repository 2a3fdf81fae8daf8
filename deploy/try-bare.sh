#!/usr/bin/env bash
# The production commands without a container engine: wheel into an empty folder, production settings, a throwaway database.
set -euo pipefail
repository="$(cd "$(dirname "$0")/.." && pwd)"
wheel="$(ls -t "$repository"/dist/*.whl 2>/dev/null | head -1)"
[ -n "$wheel" ] || { echo "No wheel: run 'make wheel' first." >&2; exit 1; }
place="$(mktemp -d)"
port="${PORT:-18000}"
server=""
clean() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; [ -z "${database:-}" ] || kill "$database" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$place"; }
trap clean EXIT
uv="$(command -v uv || ls "$repository"/.tools/uv-* 2>/dev/null | head -1)"
"$uv" venv --quiet "$place/venv" && "$uv" pip install --quiet --python "$place/venv/bin/python" "$wheel"
cd "$place"
tcloud="$place/venv/bin/tcloud"

echo "1. nothing configured: every missing setting is named at once"
if env -i PATH="$PATH" HOME="$place" "$tcloud" migrate; then echo "it started without configuration" >&2; exit 1; fi

echo "2. the example's placeholders are refused"
if env -i PATH="$PATH" HOME="$place" $(grep -E '^[A-Z_]+=[^ ]+$' "$repository/env.example" | tr '\n' ' ') "$tcloud" migrate; then
  echo "it started with the example's secrets" >&2; exit 1
fi

echo "3. production settings"
"$place/venv/bin/python" - >"$place/url" <<'PY' &
import signal, sys, threading
from tcloud.cli.postgres import temporary_cluster
with temporary_cluster() as url:
    print(url, flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
PY
database=$!
for _ in $(seq 100); do [ -s "$place/url" ] && break; sleep 0.2; done
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out "$place/root.crt" -days 1 -subj /CN=try 2>/dev/null
export TCLOUD_DATA="$place/data" DATABASE_URL="$(cat "$place/url")" TCLOUD_PUBLIC_URL=https://try.test \
  TCLOUD_ALLOWED_HOSTS=try.test TCLOUD_SECRET_KEY="$(head -c 48 /dev/urandom | base64 | tr -d '\n')" \
  TCLOUD_SECRETS_KEY="$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n')" TCLOUD_ORGANISER=try TCLOUD_EXECUTOR=try \
  TCLOUD_SUPPORT_PHONE=0800 TCLOUD_SUPPORT_EMAIL=try@try.test TCLOUD_MAIL_FROM=try@try.test TCLOUD_TRUST_ROOTS="$place/root.crt" \
  TCLOUD_PROXIES=1 TCLOUD_REVOCATION_HOSTS=try.test TCLOUD_TSA_URL=http://try.test/tsa TCLOUD_TSA_ROOTS="$place/root.crt"
mkdir -p "$TCLOUD_DATA"
"$place/venv/bin/python" -c 'import os, psycopg; psycopg.connect(os.environ["DATABASE_URL"], autocommit=True).execute("CREATE ROLE tcloud_app LOGIN NOSUPERUSER")'
"$tcloud" migrate --grant-to tcloud_app | tail -1
export DATABASE_URL="${DATABASE_URL/tcloud@/tcloud_app@}"; echo "   from here on as a role that cannot change what was posted"
"$tcloud" assets >/dev/null; echo "   assets collected"
"$tcloud" manage check --deploy --fail-level WARNING; echo "   check --deploy is clean"
"$tcloud" serve --port "$port" >"$place/web.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  curl -fs -o /dev/null "http://127.0.0.1:$port/healthz" && break; sleep 0.2
done
curl -fsS "http://127.0.0.1:$port/healthz"; echo " /healthz"
curl -fsS "http://127.0.0.1:$port/readyz"; echo " /readyz"
page() { curl -s -o /dev/null -w '%{http_code}' -H 'Host: try.test' "$@" || true; }
code="$(page -H 'X-Forwarded-Proto: https' "http://127.0.0.1:$port/")"; echo "   the first page answers $code behind the proxy"
[ "$code" = 200 ]
code="$(page "http://127.0.0.1:$port/")"; echo "   and $code without https"; [ "$code" = 301 ]
code="$(page -H 'X-Forwarded-For: 192.0.2.1' "http://127.0.0.1:$port/metrics")"; echo "   /metrics answers a stranger $code"; [ "$code" = 404 ]
curl -fsS "http://127.0.0.1:$port/metrics" | grep -F 'tcloud_requests_total{method="GET",route="home",status="200"} 1.0'
code="$(page -H 'X-Forwarded-Proto: https' "http://127.0.0.1:$port/demo/people/")"
echo "   the demonstration's door answers $code in production"
[ "$code" = 404 ]
timeout 20 "$tcloud" worker >"$place/worker.log" 2>&1 & worker=$!
sleep 6; kill -0 "$worker"; kill "$worker"; wait "$worker" || true; echo "   the worker works as that role"
! grep -iE "permission denied|Traceback" "$place/worker.log" "$place/web.log"
"$tcloud" doctor | grep -F "out of this role's reach"
if "$tcloud" prepare --seed; then echo "production took the demonstration's people" >&2; exit 1; fi
echo "4. good"
