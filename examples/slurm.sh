#!/bin/bash
# A split over the hosts of a Slurm cluster, a shard on each: a job array around `inspect eval-set`.
#
#   sbatch --array=1-8 examples/slurm.sh 8 lite s3://bucket/logs --epochs 3 --model openai/gpt-5
#
# First the number of shards, then a split (or a file with an id a line), where all hosts put their logs, and options of
# Inspect. A job that died goes on when it is submitted again with the same words, also alone: sbatch --array=3 ...
# Then, from anywhere: mlebench-inspect report s3://bucket/logs
#SBATCH --job-name=mlebench
#SBATCH --nodes=1
#SBATCH --exclusive
#SBATCH --requeue
#SBATCH --output=mlebench-%A-%a.out
set -euo pipefail
hosts=$1 split=$2 logs=$3
shift 3

case $split in
*/* | *.txt) task=(mlebench_inspect/all -T "split_file=$split") ;;
*) task=("mlebench_inspect/$split") ;;
esac
shard=$SLURM_ARRAY_TASK_ID
ids=$(mlebench-inspect shards --split "$split" --hosts "$hosts" --only "$shard")

# -T shard tells Inspect the shards' logs apart, which lie in one folder, and our reports that there are others.
exec srun inspect eval-set "${task[@]}" -T "shard=$shard/$hosts" --sample-id "$ids" \
  --log-dir "$logs" --log-dir-allow-dirty "$@"
