# Every check, each with its name; all run, and the exit code tells whether any failed.
set -u
bin=.venv/bin
export TCLOUD_PROFILE=demo DATABASE_URL="${DATABASE_URL:-postgres://unused@/unused}" TCLOUD_DATA="${TMPDIR:-/tmp}/tcloud-check-$(id -u)"
export DJANGO_SETTINGS_MODULE=tcloud.config.settings
bad=0
step() {
  name="$1"; shift
  if output=$("$@" 2>&1); then echo "ok    $name"; else bad=1; echo "FAIL  $name"; echo "$output" | tail -40; fi
}
step "ruff" $bin/ruff check .
step "mypy" $bin/mypy
step "imports" $bin/lint-imports
step "templates" $bin/djlint --lint --quiet tcloud/web
step "migrations" $bin/python -m django makemigrations --check --dry-run
step "translations" $bin/python tools/messages.py check
exit $bad
