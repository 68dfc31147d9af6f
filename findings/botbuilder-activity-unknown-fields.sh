#!/usr/bin/env bash
# An activity that botbuilder has read and writes again is no longer for one person alone.
#
# botbuilder-schema 4.17.1 with msrest 0.7.1: fields that the schema does not know are kept in `additional_properties` of
# the object in which they stand, and left out by `serialize()`. Teams says within the recipient whether one person alone
# sees a message (`isTargeted`); a bot that answers with the activity that it got, or keeps one as JSON and sends it later,
# so loses that, and says nothing of it.
#
# Seen on Python 3.11:
#   read:    {'isTargeted': True}
#   written: {'id': '29:ada', 'name': 'Ada'}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'botbuilder-schema==4.17.1' 'msrest==0.7.1'
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/out"
from botbuilder.schema import Activity

said = {"type": "message", "text": "status", "recipient": {"id": "29:ada", "name": "Ada", "isTargeted": True}}
activity = Activity().deserialize(said)
print("read:   ", activity.recipient.additional_properties)
print("written:", activity.serialize()["recipient"])
PYTHON
diff "$folder/out" - <<'SEEN'
read:    {'isTargeted': True}
written: {'id': '29:ada', 'name': 'Ada'}
SEEN
