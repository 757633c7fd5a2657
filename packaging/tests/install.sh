#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# install.sh VERSION NEXT: in a clean root with the packages in /debs: install,
# use, upgrade, remove and purge them

# shellcheck disable=SC2317,SC2329 # functions are called through try
cd "$(dirname "$0")" || exit 1
# shellcheck source=packaging/tests/say.sh
. ./say.sh

version=$1 next=$2
kernel=$(basename "$(ls -d /lib/modules/*)")
libdir=/usr/lib/$(gcc -dumpmachine)

# Every file there is, but for logs, caches, the package manager's own, what DKMS
# itself makes at its first module and keeps: a key to sign with, and the files of
# before that systemd-sysusers keeps where it adds a user.  The group stays, too,
# as groups do in Debian: its number must not become another's.
snapshot()
{
	find / -xdev \( -path /debs -o -path /tmp -o -path /proc -o -path /dev \
		-o -path /run -o -path /var/log -o -path /var/cache -o \
		-path /var/lib/dpkg -o -path '/var/lib/dkms/mok.*' \
		-o -path '/etc/*-' \) -prune \
		-o -print | sort
}

packages="xen-dmabuf-dkms libxendmabuf0 libxendmabuf-dev xen-dmabuf-tools xen-displd xen-channeld
	xen-wayland"

install()
{
	files=
	for package in $packages; do
		files="$files $(echo /debs/"$1"/"$package"_*.deb)"
	done
	# shellcheck disable=SC2086 # words are meant
	dpkg -i $files
}

# take_away --remove or --purge
take_away()
{
	# shellcheck disable=SC2086
	dpkg "$1" $packages
}

module_is_there()
{
	modinfo -k "$kernel" -F version xen_dmabuf |
		grep -xF "$1" &&
		dkms status | grep "^xen-dmabuf/$1, $kernel,.*: installed"
}

only_module_is()
{
	module_is_there "$1" && [ "$(dkms status | grep -c '^xen-dmabuf/')" -eq 1 ] &&
		[ "$(find "/lib/modules/$kernel" -name 'xen_dmabuf.ko*' | wc -l)" -eq 1 ]
}

symvers()
{
	ls /var/lib/dkms/xen-dmabuf/"$1"/"$kernel"/*/Module.symvers
}

kernel_user()
{
	cp -R module /tmp/user &&
		make -C "/lib/modules/$kernel/build" M=/tmp/user modules \
			KCFLAGS="-I/usr/src/xen-dmabuf-$1/driver/include" \
			KBUILD_EXTRA_SYMBOLS="$(symvers "$1")" &&
		modinfo -F depends /tmp/user/user.ko | grep -x xen_dmabuf
}

program() # packages of pkg-config, an option of gcc, the source
{
	# shellcheck disable=SC2046 # words are meant
	gcc -Wall -Wextra -Werror "$2" "$3" -o /tmp/program \
		$(pkg-config --cflags --libs "$1") || return 1
	/tmp/program
	status=$?
	ldd /tmp/program
	return "$status"
}

preload()
{
	gcc -Wall -Werror -DWITH_GNTTAB program.c -o /tmp/theirs -lxendmabuf -lxengnttab &&
		LD_PRELOAD=libxendmabuf-gnttab.so.0 /tmp/theirs
}

libraries_found()
{
	! ldd /usr/bin/xendmabuf /usr/sbin/xen-displd /usr/sbin/xen-channeld /usr/bin/xen-wayland \
		"$libdir"/libxendmabuf*.so.0 | grep 'not found'
}

tool()
{
	[ "$(xendmabuf --version)" = "xendmabuf $(cat /debs/source-version)" ] &&
		{ xendmabuf doctor; [ $? -eq 1 ]; }
}

completion()
{
	bash -c '. /usr/share/bash-completion/completions/xendmabuf
		complete_at() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _xendmabuf; echo "${COMPREPLY[*]}"; }
		[ "$(complete_at xendmabuf rev)" = revoke ] &&
		[ "$(complete_at xendmabuf grant --wa)" = --watch ] &&
		[ "$(complete_at xendmabuf grant --source h)" = heap ] &&
		[ -z "$(complete_at xendmabuf map --from 3)" ]'
}

# The commands that there are are offered, and for each the options of its help
completion_is_complete()
{
	xendmabuf help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | grep -vx xendmabuf | sort >/tmp/commands
	bash -c '. /usr/share/bash-completion/completions/xendmabuf
		COMP_WORDS=(xendmabuf "") COMP_CWORD=1; _xendmabuf
		printf "%s\n" "${COMPREPLY[@]}"' |
		grep -vx -e help -e --help -e --version | sort | diff /tmp/commands - || return 1
	[ "$(wc -l </tmp/commands)" -ge 14 ] || return 1
	while read -r command; do
		xendmabuf "$command" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u >/tmp/help
		bash -c '. /usr/share/bash-completion/completions/xendmabuf
			COMP_WORDS=(xendmabuf '"$command"' --) COMP_CWORD=2; _xendmabuf
			printf "%s\n" "${COMPREPLY[@]}"' | grep -vx -e --help | sort -u >/tmp/offered
		grep -vxFf /tmp/help /tmp/offered && return 1
		# Help of these speaks of grant's options as well
		case $command in
		map) others='--name' ;;
		bench) others='--name|--bytes' ;;
		*) others=' ' ;;
		esac
		grep -vxE -e "$others" /tmp/help | grep -vxFf /tmp/offered && return 1
	done </tmp/commands
	return 0
}

displd_completion()
{
	bash -c '. /usr/share/bash-completion/completions/xen-displd
		complete_at() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _xen_displd; echo "${COMPREPLY[*]}"; }
		[ "$(complete_at xen-displd st)" = status ] &&
		[ "$(complete_at xen-displd --so)" = --socket ] &&
		[ "$(complete_at xen-displd --socket /run/x status --)" = --json ] &&
		[ "$(complete_at xen-displd screenshot work /debs/source-v)" = /debs/source-version ] &&
		[ -z "$(complete_at xen-displd check -)" ]'
}

# The daemon knows the commands, options and levels that are offered, and no others
displd_completion_is_complete()
{
	xen-displd --help | grep -oE -- '--[a-z-]+|(status|screenshot|check)\b' | sort -u |
		grep -vx -e --json >/tmp/known
	bash -c '. /usr/share/bash-completion/completions/xen-displd
		COMP_WORDS=(xen-displd "") COMP_CWORD=1; _xen_displd
		printf "%s\n" "${COMPREPLY[@]}"' | grep -vx -e --help -e --version | sort -u >/tmp/offered
	diff /tmp/known /tmp/offered || return 1
	for level in $(bash -c '. /usr/share/bash-completion/completions/xen-displd
		COMP_WORDS=(xen-displd --log-level "") COMP_CWORD=2; _xen_displd
		echo "${COMPREPLY[@]}"'); do
		xen-displd --log-level "$level" --version || return 1
	done
	[ "$level" = debug ] && ! xen-displd --log-level loud --version
}

group()
{
	getent group xen-dmabuf && udevadm verify \
		/usr/lib/udev/rules.d/60-xen-dmabuf.rules \
		/usr/lib/udev/rules.d/61-xen-displd.rules \
		/usr/lib/udev/rules.d/61-xen-channeld.rules &&
		[ "$(id -Gn xen-displd | tr ' ' '\n' | sort | xargs)" = \
			"input kvm video xen-backend xen-displd" ] &&
		[ "$(id -Gn xen-channeld | tr ' ' '\n' | sort | xargs)" = \
			"kvm xen-backend xen-channeld" ]
}

manuals()
{
	for page in 1/xendmabuf.1 4/xen_dmabuf.4 7/xendmabuf-gnttab.7 \
		5/xendmabuf-json.5 5/xen-displd.conf.5 7/xen-displd-guests.7 8/xen-displd.8 \
		5/xen-channeld.conf.5 8/xen-channeld.8 \
		1/xen-wayland.1 5/xen-wayland.conf.5; do
		man -l /usr/share/man/man"$page".gz 2>&1 >/dev/null | grep . && return 1
		[ -s /usr/share/man/man"$page".gz ] || return 1
	done
}

# The daemon takes the example as its configuration
daemon()
{
	[ "$(xen-displd --version)" = "xen-displd $(cat /debs/source-version)" ] &&
		zcat -f /usr/share/doc/xen-displd/examples/xen-displd.conf* >/tmp/displd.conf &&
		xen-displd --config /tmp/displd.conf check
}

channeld_completion()
{
	bash -c '. /usr/share/bash-completion/completions/xen-channeld
		complete_at() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _xen_channeld; echo "${COMPREPLY[*]}"; }
		[ "$(complete_at xen-channeld st)" = status ] &&
		[ "$(complete_at xen-channeld --so)" = --socket ] &&
		[ "$(complete_at xen-channeld --socket /run/x status --)" = --json ] &&
		[ -z "$(complete_at xen-channeld check -)" ]'
}

channeld()
{
	[ "$(xen-channeld --version)" = "xen-channeld $(cat /debs/source-version)" ] &&
		zcat -f /usr/share/doc/xen-channeld/examples/xen-channeld.conf* >/tmp/channeld.conf &&
		xen-channeld --config /tmp/channeld.conf check
}

channeld_unit()
{
	systemd-analyze verify xen-channeld.service &&
		systemctl --root=/ is-enabled xen-channeld.service &&
		systemd-analyze security --offline=true --threshold=20 --no-pager \
			/usr/lib/systemd/system/xen-channeld.service
}

wayland_completion()
{
	mkdir -p /tmp/shown/xen-wayland && : >/tmp/shown/xen-wayland/work.control &&
		printf '[guest call]\n' >/tmp/wayland.conf &&
		XDG_RUNTIME_DIR=/tmp/shown bash -c '. /usr/share/bash-completion/completions/xen-wayland
		complete_at() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _xen_wayland; echo "${COMPREPLY[*]}"; }
		[ "$(complete_at xen-wayland st)" = status ] &&
		[ "$(complete_at xen-wayland --so)" = --socket ] &&
		[ "$(complete_at xen-wayland status "")" = "--json work" ] &&
		[ "$(complete_at xen-wayland status --json "")" = work ] &&
		[ "$(complete_at xen-wayland paste "")" = work ] &&
		[ "$(complete_at xen-wayland --config /tmp/wayland.conf host "")" = call ] &&
		[ -z "$(complete_at xen-wayland check -)" ]'
}

# The program knows the commands, options and levels that are offered, and no others
wayland_completion_is_complete()
{
	{
		echo --log-level # of all commands, and in the manual page alone
		xen-wayland --help | sed -n '/^$/q; s/--json//; p' |
			grep -oE -- '--[a-z-]+|\b(host|agent|status|copy|paste|check)\b'
	} | sort -u >/tmp/known
	bash -c '. /usr/share/bash-completion/completions/xen-wayland
		COMP_WORDS=(xen-wayland "") COMP_CWORD=1; _xen_wayland
		printf "%s\n" "${COMPREPLY[@]}"' | grep -vx -e --help -e --version | sort -u >/tmp/offered
	diff /tmp/known /tmp/offered || return 1
	for level in $(bash -c '. /usr/share/bash-completion/completions/xen-wayland
		COMP_WORDS=(xen-wayland --log-level "") COMP_CWORD=2; _xen_wayland
		echo "${COMPREPLY[@]}"'); do
		xen-wayland --log-level "$level" --version || return 1
	done
	[ "$level" = debug ] && ! xen-wayland --log-level loud --version
}

# Of users: systemd takes both
wayland_units()
{
	systemd-analyze --user verify /usr/lib/systemd/user/xen-wayland-host.service &&
		systemd-analyze --user verify /usr/lib/systemd/user/xen-wayland-agent@0.service
}

# Each user enables them
wayland_units_are_off()
{
	[ "$(systemctl --root=/ --global is-enabled xen-wayland-host.service)" = disabled ] &&
		[ "$(systemctl --root=/ --global is-enabled xen-wayland-agent@0.service)" = disabled ] &&
		! find /etc/systemd/user -name 'xen-wayland*' | grep .
}

# systemd takes the unit, starts it at boot, and finds it well locked in
unit()
{
	systemd-analyze verify xen-displd.service &&
		systemctl --root=/ is-enabled xen-displd.service &&
		systemd-analyze security --offline=true --threshold=20 --no-pager \
			/usr/lib/systemd/system/xen-displd.service
}

gone()
{
	! dkms status | grep xen-dmabuf &&
		[ -z "$(find "/lib/modules/$kernel" -name 'xen_dmabuf*')" ] &&
		[ ! -e /usr/bin/xendmabuf ] && [ ! -e /usr/sbin/xen-displd ] &&
		[ ! -e /usr/sbin/xen-channeld ] && ! ls "$libdir"/libxendmabuf*
}

nothing_left()
{
	snapshot >/tmp/after
	diff /tmp/before /tmp/after
}

status_purged()
{
	! dpkg -l | grep -E 'xen-?(dmabuf|displd|channeld)'
}

snapshot >/tmp/before
try "packages install" install "$version"
try "DKMS has built the module for $kernel" module_is_there "$version"
try "a module uses its header and symbols" kernel_user "$version"
try "the libraries that programs need are there" libraries_found
try "a program compiles with pkg-config" program xendmabuf -O2 program.c
try "a program of channels compiles with pkg-config" program xendmabuf-channel -O2 channel.c
try "a program of libxengnttab's links with ours" \
	program "xendmabuf-gnttab xendmabuf" -DWITH_GNTTAB program.c
try "a program of libxengnttab's takes ours preloaded" preload
try "the command runs, and says what is missing" tool
try "bash completes the commands of xendmabuf" completion
try "bash completes the options that each command of xendmabuf has" completion_is_complete
try "bash completes the commands of xen-displd" displd_completion
try "bash completes the options that xen-displd has" displd_completion_is_complete
try "users and groups are made, and udev takes the rules" group
try "the manual pages are there and well-formed" manuals
try "xen-displd check accepts the example configuration" daemon
try "systemd-analyze accepts xen-displd.service" unit
try "bash completes the commands of xen-channeld" channeld_completion
try "xen-channeld check accepts the example configuration" channeld
try "systemd-analyze accepts xen-channeld.service" channeld_unit
try "bash completes the commands of xen-wayland" wayland_completion
try "bash completes the options that xen-wayland has" wayland_completion_is_complete
try "systemd-analyze accepts the user units of xen-wayland" wayland_units
try "the user units of xen-wayland are not enabled for all users" wayland_units_are_off
try "packages upgrade" install "$next"
try "DKMS has the new module only" only_module_is "$next"
try "nothing of the old module's sources is left" [ ! -e "/usr/src/xen-dmabuf-$version" ]
try "packages downgrade to $version" install "$version"
try "DKMS has the module of $version only" only_module_is "$version"
try "installing again changes nothing" install "$version"
try "packages are removed" take_away --remove
try "module, command and libraries are gone" gone
try "packages are purged" take_away --purge
try "after the purge: dpkg lists no package" status_purged
try "after the purge: no file is left" nothing_left
exit "$failures"
