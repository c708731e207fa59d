#!/usr/bin/env bash
# Trains on a Cloud TPU VM (one host or a whole slice). Run it on your own machine, in the checkout.
#
#   TPU=my-tpu ZONE=us-central2-b WORKDIR=/mnt/bucket/run launch/tpu_vm/train.sh \
#     --config configs/face_crops.py --config.data.path=/mnt/bucket/clips
#
# The TPU must exist; WORKDIR and the data must be at the same path on every host (a mounted bucket or disk).
# After a preemption create the TPU again and repeat the command: training goes on at the step where it was.
# DRY_RUN=1 prints what would be run, a command a line, and runs nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${TPU:?name of the TPU VM}" "${ZONE:?its zone}" "${WORKDIR:?folder for checkpoints, the same on every host}"
python=${REMOTE_PYTHON:-python3.12}

run() {
  if [ -n "${DRY_RUN:-}" ]; then
    printf '%q ' "$@" && echo
  else
    "$@"
  fi
}

archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
git archive --format=tar.gz --output="$archive" HEAD # what is committed is what runs

on_every_host=(gcloud compute tpus tpu-vm ssh "$TPU" --zone="$ZONE" --worker=all --command)

run gcloud compute tpus tpu-vm scp "$archive" "$TPU:divas_jax.tar.gz" --zone="$ZONE" --worker=all
run "${on_every_host[@]}" "set -e; mkdir -p divas_jax; tar -xzf divas_jax.tar.gz -C divas_jax; cd divas_jax; \
test -d .venv || $python -m venv .venv; .venv/bin/python -m pip install --quiet -e '.[all,tpu]'"

command=$(printf '%q ' .venv/bin/python -m divas_jax.train --distributed --workdir "$WORKDIR" "$@")
run "${on_every_host[@]}" "cd divas_jax && exec $command"
