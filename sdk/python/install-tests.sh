#!/bin/sh
# Makes the environment in which the tests of the Python drop-ins run: the packages of requirements-test.txt, and the sources of Django and
# Flask, because only the sources hold Django's tests and Flask's tutorial. The folder is the argument; by default it is in node_modules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-$here/../../node_modules/.cache/moor-python}
python3 -m venv "$into"
"$into/bin/pip" install --quiet --requirement "$here/requirements-test.txt"
mkdir -p "$into/sources"
cd "$into/sources"
for package in Django Flask; do
  "$into/bin/pip" download --quiet --no-deps --no-binary :all: "$(grep "^$package==" "$here/requirements-test.txt")"
done
for archive in *.tar.gz; do
  tar -xzf "$archive"
done
