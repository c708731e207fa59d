#!/usr/bin/env bash
# One model on one accelerator in a given time: lips first, then offsets, then its export.
#
#   docs/runs/accelerator/chain.sh NAME CONFIG LIPS_STEPS LIPS_SECONDS SECONDS [--config.KEY=VALUE ...]
#
# Runs go to $RUNS/lips-NAME and $RUNS/NAME, the export to $RUNS/NAME.model; data is read from $DATA (train, train2,
# generated, val, as docs/recipe.md prepares them). The first stage ends after LIPS_STEPS or LIPS_SECONDS, whatever comes first;
# the second one takes as many steps as its rate leaves until SECONDS after the beginning. LIPS=FOLDER skips the first stage.
# On a card that is lent for minutes compiling counts: XLA_FLAGS below keeps XLA from trying its own matrix kernels out.
set -uo pipefail
export XLA_FLAGS=${XLA_FLAGS---xla_gpu_enable_triton_gemm=false}
name=$1 config=$2 lips_steps=$3 lips_seconds=$4 seconds=$5
shift 5
begin=$(date +%s)
data=(--config.data.path="$DATA/train" "--config.data.more=('$DATA/train2','$DATA/generated')"
  "--config.data.validation=('$DATA/val',)" --config.evaluate.clips=4 --config.train.evaluate_every=0)
left() { echo $((begin + seconds - $(date +%s))); }

lips=${LIPS:-$RUNS/lips-$name}
if [ -z "${LIPS:-}" ]; then
  echo "$name: lips, $lips_steps steps"
  timeout -s TERM "$lips_seconds" python3 -m divas_jax.train --config "$config:lips" --workdir "$lips" "${data[@]}" \
    --config.train.steps="$lips_steps" "$@"
fi
# The objective's steps are about as long as those of the first stage; 40 s go to decoding and compiling.
steps=$(python3 - "$lips/metrics.jsonl" "$(left)" <<'P'
import json, statistics, sys
rates = [row["steps_per_s"] for row in map(json.loads, open(sys.argv[1])) if "steps_per_s" in row]
print(max(20, int(0.85 * statistics.median(rates[-8:]) * (int(sys.argv[2]) - 40))))
P
)
echo "$name: offsets, $steps steps, $(left) s left"
timeout -s TERM "$(left)" python3 -m divas_jax.train --config "$config" --workdir "$RUNS/$name" "${data[@]}" \
  --config.train.steps="$steps" --config.train.init_from="$lips" "$@"
python3 -m divas_jax.export --checkpoint "$RUNS/$name" --out "$RUNS/$name.model" --dtype float16 --no-stablehlo
echo "$name: done, $(left) s left"
