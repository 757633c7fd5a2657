# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian roots, as tar files below build/deb/cache; sourced by packaging/check

SUITE=trixie
CACHE=${DEB_CACHE:-build/deb/cache}

# shellcheck disable=SC2034 # packaging/check uses them
# What building needs; the rest is in debian/control
BUILD_ROOT=(
	build-essential debhelper dh-dkms fakeroot lintian
	meson ninja-build pkgconf kmod linux-headers-amd64
	libxen-dev libdrm-dev libpng-dev libjpeg62-turbo-dev libinih-dev libseccomp-dev
	libwayland-dev wayland-protocols libinput-dev libudev-dev
	# what looks for what "make install" installs
	systemd udev bash-completion man-db passwd
	rpm reuse
)
# shellcheck disable=SC2034
# What an operator's or developer's machine has before ours is installed: what
# our packages depend on, so that dpkg alone installs them, without a network
CLEAN_ROOT=(
	dkms gcc libc6-dev make kmod linux-headers-amd64 systemd udev bash-completion
	man-db pkgconf libxen-dev libdrm2 libpng16-16t64 libjpeg62-turbo
	libinih1 libwayland-client0 libinput10 acl
	autopkgtest openssl
)

# root NAME PACKAGE...: prints the path of its tar file, which is made if it is
# not there; what other lists of packages left is removed
root()
{
	local name=$1 key path lines=() log hook
	shift
	key=$(printf '%s\n' "$SUITE" "$@" | sha256sum | cut -c 1-16)
	path=$CACHE/$name-$key.tar
	if [ -e "$path" ]; then
		echo "$path"
		return
	fi
	mkdir -p "$CACHE"
	rm -rf "$CACHE/$name"-*.tar
	# The mirrors that this machine uses
	mapfile -t lines < <(PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=world python3 -c \
		'import root, sys; print("\n".join(root.sources(sys.argv[1])))' $SUITE)
	log=$CACHE/$name.log
	# shellcheck disable=SC2016 # for the hook's own shell
	hook='rm -rf "$1"/var/lib/apt/lists "$1"/var/cache/apt'
	echo "-- making the $name root ($SUITE; some minutes, once)" >&2
	if ! nice mmdebstrap --variant=apt --mode=auto \
		--include="$(IFS=,; echo "$*")" \
		--aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
		--customize-hook="$hook" \
		$SUITE "${path%.tar}.new.tar" "${lines[@]}" </dev/null >"$log" 2>&1; then
		tail -n 15 "$log" >&2
		echo "mmdebstrap failed; the whole output is in $log" >&2
		rm -f "${path%.tar}.new.tar"
		return 1
	fi
	mv "${path%.tar}.new.tar" "$path"
	echo "$path"
}
