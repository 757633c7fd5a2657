#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# library.sh ARCHIVE: in the build root: the library built without command and
# daemon, shared, static and both, and programs that are linked with it

# shellcheck disable=SC2317,SC2329 # functions are called through try
# shellcheck source=packaging/tests/say.sh
. "$(dirname "$0")/say.sh"

mkdir /tmp/library && tar -xf "$1" -C /tmp/library --strip-components=1 &&
	cd /tmp/library || exit 1

# make_kind static|shared|both: in /tmp/KIND, with nothing of the daemon's or command's
make_kind()
{
	kind=$1
	meson setup "/tmp/build-$kind" --prefix="/tmp/$kind" --libdir=lib -Dtests=false \
		-Dtools=false -Ddispld=false -Dchanneld=false -Dwindows=disabled \
		-Ddefault_library="$kind" &&
		meson compile -C "/tmp/build-$kind" && meson install -C "/tmp/build-$kind" || return 1
	! find "/tmp/$kind" -name '*displd*' -o -path '*bin/*' -o -name xendmabuf.1 | grep . &&
		[ -e "/tmp/$kind/lib/libxendmabuf-gnttab.so.0" ] || return 1
	case $kind in
	static) [ -e /tmp/static/lib/libxendmabuf.a ] && [ ! -e /tmp/static/lib/libxendmabuf.so.0 ] ;;
	shared) [ ! -e /tmp/shared/lib/libxendmabuf.a ] && [ -e /tmp/shared/lib/libxendmabuf.so.0 ] ;;
	both) [ -e /tmp/both/lib/libxendmabuf.a ] && [ -e /tmp/both/lib/libxendmabuf.so.0 ] ;;
	esac
}

# libraries KIND OPTION... of pkg-config
flags()
{
	PKG_CONFIG_PATH=/tmp/$1/lib/pkgconfig
	export PKG_CONFIG_PATH
	shift
	pkg-config --cflags --libs "$@"
}

# link_with KIND "GCC-OPTION..." PKG-CONFIG-OPTION...: and runs it
link_with()
{
	kind=$1 options=$2
	shift 2
	# shellcheck disable=SC2046,SC2086 # words are meant
	gcc -Wall -Werror packaging/tests/program.c -o /tmp/program $options $(flags "$kind" "$@") &&
		LD_LIBRARY_PATH=/tmp/$kind/lib /tmp/program
}

needs() { readelf -d /tmp/program | grep NEEDED; }
needs_no_library() { needs; ! needs | grep xendmabuf; }
needs_library() { needs | grep 'libxendmabuf.so.0'; }
needs_nothing() { ! needs; }

# Only headers of libdrm and Xen are used, so that a program needs neither libdrm-dev
# nor libxen-dev
needs_no_other()
{
	for kind in static shared both; do
		PKG_CONFIG_PATH=/tmp/$kind/lib/pkgconfig
		export PKG_CONFIG_PATH
		pkg-config --print-requires --print-requires-private xendmabuf >/tmp/requires
		! grep . /tmp/requires || return 1
	done
}

# The drop-in, which has no other library of ours with it
preloaded()
{
	gcc -Wall -Werror -DWITH_GNTTAB packaging/tests/program.c -o /tmp/theirs \
		-Iinclude -Iinclude/uapi -L/tmp/both/lib -l:libxendmabuf.a -lxengnttab -pthread &&
		LD_PRELOAD=/tmp/static/lib/libxendmabuf-gnttab.so.0 /tmp/theirs
}

linked_before()
{
	link_with "$1" -DWITH_GNTTAB xendmabuf-gnttab xendmabuf
}

linked_after()
{
	link_with "$1" '-DWITH_GNTTAB -Wl,--as-needed -lxengnttab' xendmabuf-gnttab xendmabuf &&
		needs | grep 'libxendmabuf-gnttab.so.0'
}

for kind in static shared both; do
	try "the library alone, $kind" make_kind "$kind"
done
try "static library: a program links with it and runs" link_with static '' xendmabuf
try "static library: the program loads no libxendmabuf" needs_no_library
try "shared library: a program links with it and runs" link_with shared '' xendmabuf
try "shared library: the program loads libxendmabuf.so.0" needs_library
try "static program (-static): links and runs" link_with both -static --static xendmabuf
try "static program (-static): loads no library" needs_nothing
try "pkg-config asks for no other library" needs_no_other
try "the static drop-in is preloaded" preloaded
for kind in static shared both; do
	try "the drop-in is linked, $kind" linked_before "$kind"
	try "the drop-in is linked after libxengnttab, $kind" linked_after "$kind"
done
exit "$failures"
