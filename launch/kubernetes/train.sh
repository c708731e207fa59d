#!/usr/bin/env bash
# What each pod of job.yaml runs: the trainer, as process JAX_PROCESS_ID of JAX_NUM_PROCESSES.
#
# On eviction Kubernetes sends SIGTERM; the trainer saves and exits 0, which an Indexed Job would take for "finished".
# So a pod that was told to stop exits 143 here, and the Job starts it again.
set -uo pipefail

: "${JAX_COORDINATOR_ADDRESS:?host:port of process 0}" "${JAX_NUM_PROCESSES:?}" "${JAX_PROCESS_ID:?}"

stopped=0
stop() {
  stopped=1
  kill -TERM "$trainer" 2>/dev/null
}

"${PYTHON:-python}" -m divas_jax.train \
  --coordinator "$JAX_COORDINATOR_ADDRESS" --processes "$JAX_NUM_PROCESSES" --process "$JAX_PROCESS_ID" "$@" &
trainer=$!
trap stop TERM INT

# A signal ends `wait` early: wait until the trainer is truly gone.
while :; do
  wait "$trainer"
  status=$?
  kill -0 "$trainer" 2>/dev/null || break
done

if [ "$stopped" -eq 1 ] && [ "$status" -eq 0 ]; then
  status=143
fi
exit "$status"
