# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# try NAME COMMAND...: one check; its output stays in the log

failures=0
try()
{
	name=$1
	shift
	if "$@"; then
		echo "ok: $name"
	else
		echo "FAILED: $name"
		failures=$((failures + 1))
	fi
}
