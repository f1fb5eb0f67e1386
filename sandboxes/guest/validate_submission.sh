#!/bin/bash
# Asks whether a submission file is valid. Says "valid" or what is wrong; never a score.
# Usage: /home/validate_submission.sh /home/submission/submission.csv
if [ $# -ne 1 ] || [ ! -f "$1" ]; then
  echo "usage: $0 path/to/submission.csv (an existing file)" >&2
  exit 2
fi
exec curl --silent --show-error --max-time 900 -X POST -F "file=@$1" http://localhost:5000/validate
