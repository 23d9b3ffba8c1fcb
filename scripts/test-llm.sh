#!/usr/bin/env bash
# Asks a real small language model through the worker, end to end (pg_test/client/tests/small_model.rs).
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
scripts/up.sh
scripts/language-model.sh
use_private_server
port=9180
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
# One thread: more of them wait for each other where the processors have other work.
"$STATE/language-model/bin/python" -m llama_cpp.server --model "$STATE/language-model/model.gguf" --model_alias small \
  --host 127.0.0.1 --port "$port" --n_ctx 4096 --n_threads 1 >"$STATE/log/language-model.log" 2>&1 9>&- &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
  kill -0 "$server" 2>/dev/null || fail "the model's server ended" "see $STATE/log/language-model.log"
  sleep 0.2
done
ROUTER_DSN=$(scripts/cluster.sh dsn postgres)
export ROUTER_DSN ROUTER_LANGUAGE_MODEL=http://127.0.0.1:$port/v1
cargo test -p router-client-tests --test small_model -- --ignored --nocapture
