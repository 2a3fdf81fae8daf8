# Chromium, a Chinese font and poppler for the tests: installed from Debian where that is possible.
set -u
missing=""
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$missing chromium"
command -v pdfsig >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v certutil >/dev/null 2>&1 || missing="$missing libnss3-tools"
command -v fc-list >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi 'cjk' || missing="$missing fonts-noto-cjk"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing$missing …"
  log="${TMPDIR:-/tmp}/tcloud-apt.log"
  # shellcheck disable=SC2086
  if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends fontconfig $missing; } >"$log" 2>&1; then exit 0; fi
  echo "apt-get could not install them; see $log" >&2
fi
echo "The browser tests need:$missing" >&2
echo "  sudo apt-get install$missing" >&2
echo "(another browser: CHROMIUM=/path/to/chromium). Without them their tests are skipped and named." >&2
exit 0
