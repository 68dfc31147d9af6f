#!/bin/sh
# While the image is built: the sample notebooks of a git repository, for all to read and nobody to change.
#
# usage: fetch-notebooks.sh REPOSITORY REF FOLDER
# REF is a branch, a tag or a whole commit hash. Without a REPOSITORY there are none. What is fetched is in .source.
set -eu

[ $# -eq 3 ] || { echo "usage: $0 REPOSITORY REF FOLDER" >&2; exit 2; }
repository=$1 ref=$2 folder=$3
[ -n "$repository" ] || exit 0

refuse() {
  printf 'fetch-notebooks.sh: %s\n' "$*" >&2
  exit 2
}

# An argument of a build can be read in the image's history by everybody who may pull it.
case $repository in
-*) refuse "'$repository' is no address of a repository, for example https://github.com/example/notebooks.git" ;;
*://*@*) refuse "the address must hold no password or token: every user could read it" ;;
esac
case $ref in '' | -*) refuse "'$ref' is no branch, tag or commit, for example main" ;; esac
[ ! -e "$folder" ] || refuse "$folder is there already"

git init --quiet "$folder"
cd "$folder"
GIT_TERMINAL_PROMPT=0 git fetch --quiet --depth 1 -- "$repository" "$ref"
git checkout --quiet FETCH_HEAD
printf '%s %s\n' "$repository" "$(git rev-parse HEAD)" >.source
rm -rf .git
chmod -R a+rX,a-w .
