#!/bin/bash
# Asks whether a submission file is valid. Says "valid" or what is wrong; never a score.
# Usage: /home/validate_submission.sh /home/submission/submission.csv
# Under the name score_predictions.sh it has predictions for held-back training data scored.
case "$0" in *score_predictions.sh) ask=score ;; *) ask=validate ;; esac
if [ $# -ne 1 ] || [ ! -f "$1" ] || [ ! -r "$1" ]; then
  echo "usage: $0 path/to/submission.csv (an existing file that you can read)" >&2
  exit 2
fi
if command -v curl >/dev/null; then
  exec curl --silent --show-error --max-time 900 -X POST -F "file=@\"$1\"" "http://localhost:5000/$ask"
fi
exec python3 -I - "$1" "$ask" <<'PYTHON'
import http.client, os, sys
head = b'--mlebench\r\nContent-Disposition: form-data; name="file"; filename="submission.csv"\r\n\r\n'
tail = b"\r\n--mlebench--\r\n"
with open(sys.argv[1], "rb") as file:
    def body():
        yield head
        while block := file.read(1 << 20):
            yield block
        yield tail
    connection = http.client.HTTPConnection("127.0.0.1", 5000, timeout=900)
    length = len(head) + os.fstat(file.fileno()).st_size + len(tail)
    headers = {"Content-Type": "multipart/form-data; boundary=mlebench", "Content-Length": str(length)}
    connection.request("POST", "/" + sys.argv[2], body(), headers)
    print(connection.getresponse().read().decode(), end="")
PYTHON
