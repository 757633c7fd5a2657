# SPDX-License-Identifier: GPL-2.0-only
# For scripts that run a program with command lines, right and wrong.
# shellcheck shell=sh disable=SC2034
program=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0 # the exit status of such a script

expect() { # status, text to be found, arguments
	want=$1
	text=$2
	shift 2
	out=$("$program" "$@" 2>&1 </dev/null)
	judge $? "$@"
}

# what the program prints cannot be written
expect_lost() { # arguments
	want=1
	text='cannot write the output: No space left on device'
	out=$("$program" "$@" 2>&1 >/dev/full </dev/null)
	judge $? "$@"
}

judge() { # exit status, arguments
	got=$1
	shift
	if [ "$got" != "$want" ] || ! printf '%s\n' "$out" | grep -qF -- "$text"; then
		printf 'FAILED: %s %s\n  status %s, wanted %s and "%s":\n%s\n' \
			"${program##*/}" "$*" "$got" "$want" "$text" "$out"
		failed=1
	fi
}
