#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# autopkgtest.sh VERSION: in a clean root with the packages in /debs/VERSION and their
# source in /debs/source: the tests of debian/tests, run by autopkgtest

# shellcheck disable=SC2317,SC2329 # functions are called through try
cd "$(dirname "$0")" || exit 1
# shellcheck source=packaging/tests/say.sh
. ./say.sh

rm -f /debs/"$1"/*-dbgsym_*
autopkgtest -B --no-built-binaries --output-dir /tmp/out /debs/"$1"/*.deb /debs/source -- null

passed() { grep -E "^$1 +PASS" /tmp/out/summary; }

# shellcheck disable=SC2013 # words are meant
for name in $(sed -n 's/^Tests: //p' /debs/source/debian/tests/control); do
	try "autopkgtest passes $name" passed "$name"
done
exit "$failures"
