#!/bin/sh
# What a user's home gets each time the server starts: the files of the image that people may make theirs.
#
# The hub runs it through singleuser.lifecycleHooks.postStart, beside the server, as the user, without arguments or with
# a file to write notes to (/proc/1/fd/2 is the server's log). Kubernetes ends a container whose hook fails, so whatever
# happens here the exit status is 0. It needs no network and reads only the few files it is about.
#
# A file is handed out once. Later images replace it only while it is exactly what was handed out; changed, replaced or
# deleted, it is the user's from then on. What older images left without a record is known by its sum: see older.sha256.
set -u
umask 022

image=$(dirname "$0")
samples=${SAMPLE_NOTEBOOKS:-/opt/sample-notebooks}

note() {
  printf 'setup.sh: %s\n' "$*" >&2
}

there() {
  [ -e "$1" ] || [ -L "$1" ]
}

# The sum of a file; nothing where it cannot be read.
sum() {
  { sha256sum <"$1" | cut -d ' ' -f 1; } 2>/dev/null
}

# write PATH: standard input to a file, whole or not at all.
write() {
  { mkdir -p "$(dirname "$1")" && rm -f "$1".jhub-?????? && new=$(mktemp "$1.jhub-XXXXXX"); } 2>/dev/null || return 1
  { cat >"$new" && chmod 644 "$new" && mv -f "$new" "$1"; } 2>/dev/null && return
  rm -f "$new"
  return 1
}

# recorded NAME: what was last handed out under that name; nothing where nothing was.
recorded() {
  cat "$records/$1" 2>/dev/null
}

# record NAME TEXT
record() {
  [ "$(recorded "$1")" = "$2" ] || printf '%s\n' "$2" | write "$records/$1" || note "cannot remember $1 in $records"
}

# untouched NAME PATH: is the file exactly what this or an older image handed out?
untouched() {
  [ -f "$2" ] && [ ! -L "$2" ] || return 1
  found=$(sum "$2")
  [ -n "$found" ] || return 1
  [ "$found" = "$(recorded "$1")" ] || grep -qxF "$found  $1" "$image/older.sha256"
}

# hand_out NAME PLACE: the image's file NAME to PLACE in the home.
hand_out() {
  latest=$(sum "$image/$1")
  if [ -z "$latest" ]; then
    note "the image has no $1"
  elif ! there "$HOME/$2" && [ -n "$(recorded "$1")" ]; then
    note "$2 was deleted, so it is not restored"
  elif [ "$(sum "$HOME/$2")" = "$latest" ]; then
    record "$1" "$latest"
  elif there "$HOME/$2" && ! untouched "$1" "$HOME/$2"; then
    note "$2 was changed, so it is kept"
  elif write "$HOME/$2" <"$image/$1"; then
    record "$1" "$latest"
  else
    note "cannot write $2: the home is full or read-only"
  fi
}

# The sample notebooks of this image, not to be written to, in the home as a link: a new image brings new ones.
show_samples() {
  link=$HOME/sample-notebooks
  if [ -L "$link" ] && [ "$(readlink "$link")" = "$samples" ]; then
    [ -d "$samples" ] || rm -f "$link" "$records/sample-notebooks"
  elif there "$link"; then
    note "sample-notebooks is something else, so it is kept"
  elif [ -d "$samples" ] && [ -z "$(recorded sample-notebooks)" ]; then
    if ln -s "$samples" "$link" 2>/dev/null; then
      record sample-notebooks "$samples"
    else
      note "cannot link sample-notebooks: the home is full or read-only"
    fi
  fi
}

# A log that cannot be opened is no reason to stop.
if [ -n "${1:-}" ] && (: >>"$1") 2>/dev/null; then
  exec 2>>"$1"
fi
if [ -d "${HOME:-}" ]; then
  records=$HOME/.local/state/jhub-image
  hand_out condarc .condarc
  hand_out jupyter_server_config.json .jupyter/jupyter_server_config.json
  show_samples
else
  note "there is no home at '${HOME:-}'"
fi
exit 0
