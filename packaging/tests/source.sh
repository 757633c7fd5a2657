#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# source.sh ARCHIVE: in the build root, as its administrator: the source archive is
# built, installed with one PREFIX and another, found by what looks for it, and
# removed

# shellcheck disable=SC2317,SC2329 # functions are called through try
# shellcheck source=packaging/tests/say.sh
. "$(dirname "$0")/say.sh"

kernel=$(basename "$(ls -d /lib/modules/*)")
KDIR=/lib/modules/$kernel/build
PATH=/usr/local/sbin:/usr/local/bin:$PATH
export KDIR PATH
mkdir /tmp/source && tar -xf "$1" -C /tmp/source --strip-components=1 &&
	cd /tmp/source || exit 1

# Every file and folder, but for logs, caches, and what systemd-sysusers keeps
snapshot()
{
	find / -xdev \( -path /tmp -o -path /proc -o -path /dev -o -path /run \
		-o -path /var/log -o -path /var/cache -o -path /debs -o -path /src \
		-o -path '/etc/*-' -o -path /etc/.pwd.lock -o -path '/etc/ld.so.cache*' \
		-o -name 'modules.*' -o -path /root/.cache \) \
		-prune -o -print | sort
}

# make_in LOG TARGET PREFIX [NAME=VALUE...]
make_in()
{
	log=/tmp/$1 target=$2 prefix=$3
	shift 3
	make "$target" PREFIX="$prefix" "$@" >"$log" 2>&1 || { cat "$log"; return 1; }
}

nothing_to_do() { ! grep -A 99 'left to do' /tmp/install.log; }

users()
{
	getent group xen-dmabuf && [ "$(id -Gn xen-displd | tr ' ' '\n' | sort | xargs)" = \
		"input kvm video xen-backend xen-displd" ] &&
		[ "$(id -Gn xen-channeld | tr ' ' '\n' | sort | xargs)" = \
			"kvm xen-backend xen-channeld" ] &&
		getent passwd xen-channeld | grep ':/:/usr/sbin/nologin$' &&
		getent passwd xen-displd | grep ':/:/usr/sbin/nologin$'
}

# The users as the commands make them that are named where there is no systemd-sysusers
users_by_hand()
{
	getent passwd xen-displd xen-channeld | cut -d : -f 5- >/tmp/by-systemd
	userdel xen-displd && userdel xen-channeld && groupdel xen-dmabuf || return 1
	for group in xen-displd xen-channeld xen-backend; do
		! getent group "$group" || groupdel "$group"
	done
	mv /usr/bin/systemd-sysusers /usr/bin/away
	packaging/refresh "$1" "$kernel" >/tmp/by-hand
	mv /usr/bin/away /usr/bin/systemd-sysusers
	cat /tmp/by-hand
	grep -E '^  (getent|useradd|usermod)' /tmp/by-hand >/tmp/commands.sh
	sh -e /tmp/commands.sh && users && getent passwd xen-displd xen-channeld | cut -d : -f 5- |
		diff - /tmp/by-systemd
}

# The unit is found, is right, and starts the program that was installed
unit()
{
	systemd-analyze verify xen-displd.service xen-channeld.service &&
		systemd-analyze cat-config systemd/system/xen-displd.service |
		grep -x "ExecStart=$1/sbin/xen-displd" && [ -x "$1/sbin/xen-displd" ] &&
		systemctl --root=/ enable xen-displd.service &&
		[ "$(readlink /etc/systemd/system/multi-user.target.wants/xen-displd.service)" = \
			"$1/lib/systemd/system/xen-displd.service" ]
}

# udev and systemd read the folders that the files are in: so their programs say
found_by_udev()
{
	grep -qaF "$1/lib/udev/rules.d" /usr/bin/udevadm &&
		udevadm verify "$1"/lib/udev/rules.d/6*-xen-*.rules &&
		systemd-analyze cat-config sysusers.d | grep -F "$1/lib/sysusers.d/xen-displd.conf"
}

programs_run()
{
	hash -r
	[ "$(command -v xendmabuf)" = "$1/bin/xendmabuf" ] &&
		[ "$(command -v xen-displd)" = "$1/sbin/xen-displd" ] &&
		xendmabuf --version && xen-displd --version && xen-channeld --version
}

# With the folder that pkg-config looks into, which Debian's does
library_found()
{
	# shellcheck disable=SC2046 # words are meant
	gcc -Wall -Werror packaging/tests/program.c -o /tmp/program \
		$(pkg-config --cflags --libs xendmabuf) && /tmp/program
}

manual_found()
{
	[ "$(realpath "$(man -w xen-displd)")" = "$1/share/man/man8/xen-displd.8" ] &&
		[ "$(realpath "$(man -w xendmabuf)")" = "$1/share/man/man1/xendmabuf.1" ]
}

completion_found()
{
	bash -ic '. /usr/share/bash-completion/bash_completion
		_completion_loader xendmabuf 2>/dev/null || _comp_load xendmabuf
		complete -p xendmabuf' 2>/dev/null | grep _xendmabuf
}

module_found()
{
	modinfo -k "$kernel" -n xen_dmabuf && modprobe -S "$kernel" -n -v xen_dmabuf | grep insmod
}

nothing_left()
{
	snapshot >/tmp/after
	diff /tmp/before /tmp/after
}

# depmod's own files are no module's
stage_is_empty()
{
	find /tmp/stage ! -type d ! -name 'modules.*' >/tmp/staged
	diff /dev/null /tmp/staged
}

usr_is_whole()
{
	[ -x /usr/bin/xendmabuf ] && [ -x /usr/sbin/xen-displd ] &&
		[ -e /usr/lib/sysusers.d/xen-displd.conf ] && module_found
}

no_module() { ! modinfo -k "$kernel" xen_dmabuf; }

# The commands make it usable that are named where nobody looks
elsewhere()
{
	sed -n '/^This is left/,$s/^  //p' /tmp/install.log | grep -v '^systemctl' |
		sed 's/ && udevadm control --reload//' >/tmp/commands.sh
	cat /tmp/commands.sh
	grep '^  systemctl link /opt/xen/lib/systemd/system/xen-displd.service' /tmp/install.log &&
		sh -e /tmp/commands.sh && /opt/xen/bin/xendmabuf --version &&
		[ -e /etc/udev/rules.d/60-xen-dmabuf.rules ] &&
		[ -e /etc/udev/rules.d/61-xen-displd.rules ] &&
		[ -e /etc/udev/rules.d/61-xen-channeld.rules ]
	status=$?
	rm -f /etc/ld.so.conf.d/xen-dmabuf.conf /etc/udev/rules.d/6?-xen-*.rules
	return "$status"
}

# Where systemd and udev run; what they are told is taken down
running_are_told()
{
	mkdir -p /run/udev /run/systemd/system /tmp/told
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/udev/control")'
	for program in udevadm systemctl; do
		# shellcheck disable=SC2016 # for that script
		printf '#!/bin/sh\necho "$(basename "$0") $*" >>/tmp/told/log\n' >/tmp/told/"$program"
		chmod +x /tmp/told/"$program"
	done
	PATH="/tmp/told:$PATH" packaging/refresh "$1" "$kernel"
	rm -r /run/udev /run/systemd/system
	cat /tmp/told/log
	grep -x 'systemctl daemon-reload' /tmp/told/log &&
		grep -x 'udevadm control --reload' /tmp/told/log &&
		grep 'udevadm trigger .*misc.*dma_heap' /tmp/told/log
}

as_user()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups packaging/refresh \
		/usr "$kernel" >/tmp/unprivileged
	cat /tmp/unprivileged
	grep -x "  depmod $kernel" /tmp/unprivileged &&
		grep '^  systemd-sysusers /usr/lib/sysusers.d/xen-dmabuf.conf' /tmp/unprivileged
}

sources_are_clean()
{
	tar -tf "$1" | sed 's,^[^/]*/,,; /\/$/d; /^$/d' | sort >/tmp/unpacked
	find . -type f -o -type l | sed 's,^\./,,' | sort | diff /tmp/unpacked -
}

# install_and_look PREFIX
install_and_look()
{
	try "make install, PREFIX=$1" make_in install.log install "$1"
	try "make install, PREFIX=$1: no step is left to do by hand" nothing_to_do
	try "PREFIX=$1: users and groups are made" users
	try "PREFIX=$1: the systemd unit starts the installed daemon" unit "$1"
	try "PREFIX=$1: udev finds the rules, systemd-sysusers the users" found_by_udev "$1"
	try "PREFIX=$1: installed programs run" programs_run "$1"
	try "PREFIX=$1: a program compiles with pkg-config" library_found
	try "PREFIX=$1: man finds the manual pages" manual_found "$1"
	try "PREFIX=$1: bash finds the completion" completion_found
	try "PREFIX=$1: modinfo and modprobe find the module" module_found
	try "PREFIX=$1: running systemd and udev are reloaded" running_are_told "$1"
	[ "$1" != /usr ] || try "packaging/refresh as an ordinary user: names the commands for root" as_user
	try "make uninstall, PREFIX=$1" make_in uninstall.log uninstall "$1"
	try "make uninstall, PREFIX=$1: no installed file is left" nothing_left
	try "make uninstall, PREFIX=$1: the module is removed" no_module
}

# The users stay, as packages' do
systemd-sysusers packaging/xen-dmabuf.sysusers packaging/xen-displd.sysusers \
	packaging/xen-channeld.sysusers
mkdir -p /etc/systemd/system/multi-user.target.wants
snapshot >/tmp/before
userdel xen-displd
userdel xen-channeld
groupdel xen-dmabuf
install_and_look /usr/local
install_and_look /usr
try "make install, PREFIX=/usr, before DESTDIR=/tmp/stage" make_in install.log install /usr
try "make install, DESTDIR=/tmp/stage" make_in stage.log install /usr DESTDIR=/tmp/stage
try "make uninstall, DESTDIR=/tmp/stage, with no KDIR" \
	make_in stage.log uninstall /usr DESTDIR=/tmp/stage KDIR=/nonexistent
try "make uninstall, DESTDIR=/tmp/stage: no file is left there" stage_is_empty
try "make uninstall, DESTDIR=/tmp/stage: /usr keeps its files and the module" usr_is_whole
try "make uninstall, PREFIX=/usr, with no KDIR" \
	make_in uninstall.log uninstall /usr KDIR=/nonexistent
try "make uninstall with no KDIR: no installed file is left" nothing_left
try "make uninstall with no KDIR: the module is removed" no_module
try "make install, PREFIX=/opt/xen" make_in install.log install /opt/xen
try "PREFIX=/opt/xen: the commands named for root make it usable" elsewhere
try "without systemd-sysusers: the commands named make the same users" users_by_hand /opt/xen
try "make uninstall, PREFIX=/opt/xen" make_in uninstall.log uninstall /opt/xen
try "make uninstall, PREFIX=/opt/xen: no installed file is left" nothing_left
try "make clean" make_in clean.log clean /usr
try "make clean: the sources are as they were unpacked" sources_are_clean "$1"
exit "$failures"
