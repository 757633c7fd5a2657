# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The project's own files, in a checkout or an unpacked archive; sourced by
# packaging/build and packaging/dist, which run in the top folder

# Git, also where the checkout belongs to another user: nothing here is run that
# "make" would not run
git_here()
{
	[ -e .git ] && git -c safe.directory="$PWD" "$@" 2>/dev/null
}

# list_sources GIT-LS-FILES-OPTION...: the names, each with a NUL behind it.
# Where there is no git, or git fails, everything but what building leaves.
list_sources()
{
	local names
	names=$(mktemp)
	if git_here ls-files -z "$@" >"$names" && [ -s "$names" ]; then
		while IFS= read -r -d '' file; do
			# Removed, and not committed yet
			if [ -e "$file" ] || [ -L "$file" ]; then
				printf '%s\0' "$file"
			fi
		done <"$names"
	else
		find . \( -path ./build -o -path ./.git -o -path ./debian \
			-o -name __pycache__ -o -name .tmp_versions \) -prune \
			-o ! -type d ! -name '*.ko' ! -name '*.o' ! -name '*.o.d' \
			! -name '*.mod' ! -name '*.mod.c' ! -name '.*.cmd' \
			! -name modules.order ! -name Module.symvers \
			-printf '%P\0'
	fi
	rm -f "$names"
}

# source_date: seconds since 1970, of the sources' last change
source_date()
{
	if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
		echo "$SOURCE_DATE_EPOCH"
	else
		# An archive's files have all the date of its commit
		git_here log -1 --format=%ct || stat -c %Y VERSION
	fi
}
