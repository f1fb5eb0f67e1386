#!/usr/bin/env bash
# Three scaffolds on the same competitions, then a table of them. Further options go to `inspect eval-set`:
#
#   examples/compare_scaffolds.sh mlebench_inspect/lite logs/three --model openai/gpt-5 --epochs 3 --time-limit 86400
#
# Given again, it goes on where it was. These three run in any image. For one that has an image layer, such as AIDE,
# build the layer and add `-T image=mlebench-inspect-aide`, which serves the others as well.
set -euo pipefail
task=$1 logs=$2
shift 2

for solver in mlebench_inspect/react mlebench_inspect/mlab "$(dirname "$0")/one_script.py@one_script"; do
  inspect eval-set "$task" --solver "$solver" --log-dir "$logs/$(basename "$solver")" "$@"
done
mlebench-inspect compare "$logs" --by solver
