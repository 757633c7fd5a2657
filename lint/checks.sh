# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # the arrays come from files.sh
# The checks: each prints what is wrong and fails, or succeeds; see lint/run

MAX_LINES=600

# The first difference of each file; "lint/run --fix" mends them all.  One process for
# all files: it needs longer to start than to read.
# include/ is set by hand: its tables of constants are aligned
c_format()
{
	local file sources=() out

	for file in "${c[@]}"; do
		[[ $file == include/* ]] || sources+=("$file")
	done
	if [ -n "${FIX:-}" ]; then
		clang-format --style=file -i "${sources[@]}"
	elif ! out=$(clang-format --style=file --dry-run -Werror "${sources[@]}" 2>&1); then
		grep -E '^[^ ]+:[0-9]+:[0-9]+: ' <<< "$out" | sort -t: -u -k1,1
		echo "try: lint/run --fix"
		return 1
	fi
}

spdx()
{
	local file first sources=() ok=0

	for file in "${text[@]}"; do
		case $file in
		*.c | *.h | *.cpp | *.py | *.sh | *.map | *.toml) ;;
		*meson.build | meson_options.txt | *Makefile | *Kbuild) ;;
		*)
			# Scripts without a suffix
			first=
			IFS= read -r first < "$file"
			[[ $first == '#!'* ]] || continue
			;;
		esac
		sources+=("$file")
	done
	# REUSE-IgnoreStart
	while IFS= read -r file; do
		echo "$file: no SPDX-License-Identifier in its first lines"
		ok=1
	done < <(awk -v tag='SPDX-License-Identifier: ' '
		FNR == 1 { lacks[FILENAME] = 1 }
		FNR <= 3 && index($0, tag) { delete lacks[FILENAME] }
		END { for (file in lacks) print file }' "${sources[@]}" | sort)
	# REUSE-IgnoreEnd
	return $ok
}

lengths()
{
	local file sources=()

	for file in "${text[@]}"; do
		case $file in
		LICENSES/* | COPYING* | *.patch) ;;
		*) sources+=("$file") ;;
		esac
	done
	awk -v most="$MAX_LINES" '
		{ lines[FILENAME] = FNR }
		END {
			for (file in lines) {
				if (lines[file] <= most)
					continue
				print file ": " lines[file] " lines; one noun per file"
				bad = 1
			}
			exit bad
		}' "${sources[@]}"
}

whitespace()
{
	local file sources=() ok=0

	for file in "${text[@]}"; do
		case $file in
		LICENSES/* | *.patch | tests/unit/corpus/*) ;;
		*) [ ! -s "$file" ] || sources+=("$file") ;;
		esac
	done
	if grep -nHP '[ \t\r]+$' "${sources[@]}"; then
		ok=1
	fi
	# With -z, a file is one line
	while IFS= read -r file; do
		echo "$file: no line end at its end"
		ok=1
	done < <(grep -LPz '\n\z' "${sources[@]}")
	return $ok
}

kernel_versions()
{
	local file sources=()

	for file in "${c[@]}"; do
		[ "$file" = driver/compat.h ] || sources+=("$file")
	done
	! grep -nHE '\b(LINUX_VERSION_CODE|KERNEL_VERSION|RHEL_RELEASE_CODE)\b' "${sources[@]}"
}

shell()
{
	[ "${#shell[@]}" -eq 0 ] || shellcheck -x "${shell[@]}"
}

# In one process, and without leaving compiled files behind
python()
{
	python3 - "${python[@]}" << 'END'
import sys

bad = 0
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        try:
            compile(f.read(), path, "exec")
        except (SyntaxError, ValueError) as e:
            print(f"{path}: {e}")
            bad = 1
sys.exit(bad)
END
}

# What both read is in setup.cfg
flake()
{
	flake8 "${python[@]}"
}

# The files of each folder by themselves: files of two folders may have one name
types()
{
	local file folder ok=0
	declare -A files=()

	for file in "${python[@]}"; do
		files[${file%/*}]+=" $file"
	done
	for folder in "${!files[@]}"; do
		# shellcheck disable=SC2086 # no name has a space
		mypy --no-error-summary ${files[$folder]} || ok=1
	done
	return $ok
}

names()
{
	python3 lint/names.py
}

# Symbols are those of the objects, so user space is built here; "make check" tests
# the same build next
imports()
{
	local folder=build/clang log=build/lint-build.log

	mkdir -p build
	if [ ! -e "$folder/build.ninja" ]; then
		rm -rf "$folder"
		CC=clang meson setup "$folder" -Dtests=true > "$log" 2>&1
	fi
	if ! meson compile -C "$folder" > "$log" 2>&1; then
		tail -n 20 "$log"
		return 1
	fi
	python3 lint/imports.py --build "$folder"
}

errors()
{
	python3 lint/errors.py
}

manuals()
{
	PYTHONDONTWRITEBYTECODE=1 python3 lint/manuals.py
}

# No warnings.  Without adjusting lines (AD=l): whether a line of blanks can be
# stretched is no fault of the page, and groff 1.23 warns about it
manuals_groff()
{
	local file out ok=0

	for file in man/*.[1-9]; do
		out=$(groff -mandoc -dAD=l -Tutf8 -ww -z "$file" 2>&1)
		if [ -n "$out" ]; then
			printf '%s\n' "$out"
			ok=1
		fi
	done
	return $ok
}

manuals_mandoc()
{
	mandoc -Tlint -W warning man/*.[1-9]
}

tutorial()
{
	python3 lint/tutorial.py
}

pages()
{
	python3 lint/pages.py
}

units()
{
	python3 lint/units.py
}

# A fuzzer without its seeds still runs, and finds nothing
seeds()
{
	local seed ok=0
	local seeds=(chain largest loop overflow refs
		displd/{import,loop,mode,overflow,path,resolution,rg16-odd,xr24}
		channel-frame/{blob,channel,data,hello,offer,optional}
		channel-link/{blob,buffer,bytes,late,nested,refused}
		channel-meeting/{client,half,numbers,server,version,waiting}
		channel-ring/{backwards,bytes,full,overflow,wrap}
		device/{detach,faults,five,good,numbers,sizes,texts}
		input/{full,indices,keys,pointer,rejoin,touch}
		ring/{backwards,events,foreign,full,overflow,requests}
		wayland-bridge/{attach,bind,buffer,inline,made,region,subsurface,surrounding,title}
		wayland-wire/{buffer,ended,geometry,new-id,pixels,subsurface,text})

	for seed in "${seeds[@]}"; do
		if [ ! -s "tests/unit/corpus/$seed" ]; then
			echo "tests/unit/corpus/$seed is missing"
			ok=1
		fi
	done
	# and one that no fuzzer is given is none
	for seed in $(cd tests/unit/corpus && git ls-files); do
		if [[ " ${seeds[*]} " != *" $seed "* ]] ||
			! grep -q "'${seed##*/}'" tests/unit/meson.build \
				tests/unit/{channel,displd,wayland}/meson.build; then
			echo "tests/unit/corpus/$seed is no fuzzer's"
			ok=1
		fi
	done
	return $ok
}

# REUSE.toml is read by version 4 and later (Debian 13); older ones find fault with
# every file
licences()
{
	[ "$(reuse --version | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p')" -ge 4 ] || return 77
	reuse lint
}

layout()
{
	python3 lint/layout.py "${all[@]}"
}

spelling()
{
	local file mine=()

	for file in "${text[@]}"; do
		case $file in
		LICENSES/* | tests/unit/corpus/*) ;;
		*) mine+=("$file") ;;
		esac
	done
	codespell --ignore-words=lint/words.txt "${mine[@]}"
}

# User space: the kernel's macros are beyond it.  System headers are not read, so
# it is told what sys/queue.h means.
c_check()
{
	local file mine=()

	for file in "${c[@]}"; do
		case $file in
		common/*.c | lib/*.c | tools/*.c | displd/*.c | channel/*.c | wayland/*.c | demo/*.c) mine+=("$file") ;;
		esac
	done
	[ "${#mine[@]}" -eq 0 ] && return 0
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning,portability,performance -j 2 \
		--suppress=missingInclude --suppress=missingIncludeSystem \
		--suppress=unknownMacro --suppress=normalCheckLevelMaxBranches \
		--suppress=checkersReport \
		"-DLIST_FOREACH(v,h,f)=while (((v) = (h)->lh_first))" \
		"-DTAILQ_FOREACH(v,h,f)=while (((v) = (h)->tqh_first))" \
		-I include -I include/uapi -D_GNU_SOURCE "${mine[@]}"
}
