#!/usr/bin/env bash
# Judges every Nth title of a list, from the Kth on: one task of a cluster without Beam (docs/catalogues.md).
#
#   launch/check_part.sh K N titles.txt RESULTS [options of divas check]
#
# Writes RESULTS/K.csv and, in RESULTS/reports/K, a report a title. RESULTS/K.jsonl keeps what is done: the same task again
# does only the rest. Ends with 0 once all its titles have a row, whatever the verdicts: clusters take 1 to 3 for a crash.
set -uo pipefail

if [ "$#" -lt 4 ]; then
  echo "usage: launch/check_part.sh K N titles.txt RESULTS [options of divas check]" >&2
  exit 2
fi
part=$1 parts=$2 list=$3 results=$4
shift 4
mkdir -p "$results/reports" || exit 2
rm -f "$results/$part.csv"

"${DIVAS:-divas}" check --list "$list" --part "$part/$parts" --out "$results/reports/$part" \
  --journal "$results/$part.jsonl" --csv "$results/$part.csv" --workers 1 --evidence 0 "$@"
status=$?

if [ "$status" -le 3 ] && [ -f "$results/$part.csv" ]; then
  exit 0
fi
exit "$status"
