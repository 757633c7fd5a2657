# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Which files there are, by kind; sourced by lint/run

# shellcheck disable=SC2034 # the arrays are for checks.sh
list_files()
{
	local file first
	local -A binary=()

	all=() text=() c=() shell=() python=()
	while IFS= read -r -d '' file; do
		[ ! -f "$file" ] || all+=("$file")
	done < <(git ls-files -z --cached --others --exclude-standard)
	if [ "${#all[@]}" -eq 0 ]; then
		echo "lint: git lists no files here" >&2
		echo "0 passed, 1 failed"
		exit 1
	fi
	# Binary files have a NUL somewhere
	while IFS= read -r file; do
		binary[$file]=1
	done < <(LC_ALL=C grep -laP '\x00' "${all[@]}")
	for file in "${all[@]}"; do
		[ -z "${binary[$file]:-}" ] || continue
		text+=("$file")
		case $file in
		*.c | *.h | *.cpp) c+=("$file") ;;
		*.sh) shell+=("$file") ;;
		*.py) python+=("$file") ;;
		*)
			first=
			IFS= read -r first < "$file"
			case $first in
			'#!'*python*) python+=("$file") ;;
			'#!'*sh) shell+=("$file") ;;
			esac
			;;
		esac
	done
}
