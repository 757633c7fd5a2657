#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dist.sh WORK: the source archive, from this tree, from other checkouts of it and
# from itself; leaves it in WORK

# shellcheck disable=SC2317,SC2329 # functions are called through try
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=packaging/tests/say.sh
. packaging/tests/say.sh
version=$(cat VERSION)
archive=xen-dmabuf-$version.tar.xz
mkdir -p "$1"
work=$(realpath "$1")
SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH

made()
{
	packaging/dist "$work" && tar -tf "$work/$archive" >"$work/names" &&
		! grep -v "^xen-dmabuf-$version/" "$work/names" &&
		grep -x "xen-dmabuf-$version/VERSION" "$work/names"
}

only_sources()
{
	! grep -E '^[^/]*/(build|\.git)/|__pycache__|\.(o|ko|cmd)$|modules\.order' "$work/names"
}

# A checkout of what is here, by another name, whose files have other modes and
# times, as another user's if that can be had
copy_checkout()
(
	rm -rf "$work/copy" && mkdir "$work/copy" &&
		tar -xf "$work/$archive" -C "$work/copy" --strip-components=1 &&
		cd "$work/copy" && git init -q && git add -A &&
		git -c user.name=n -c user.email=e@invalid commit -q -m copy &&
		chmod -R g+w,o-r . && find . -name '*.c' -exec touch {} + || return 1
	if [ "$(id -u)" -eq 0 ]; then
		chown -R nobody: . || return 1
	fi
	: >driver/left.o
	mkdir -p build && : >build/left
)

same_from()
(
	cd "$1" && rm -rf "$work/again" && packaging/dist "$work/again" &&
		cmp "$work/$archive" "$work/again/$archive"
)

# Git that fails is as good as none
without_git()
{
	mkdir -p "$work/bin" && printf '#!/bin/sh\nexit 128\n' >"$work/bin/git" &&
		chmod +x "$work/bin/git" && PATH="$work/bin:$PATH" same_from "$work/copy"
}

unpacked()
{
	rm -rf "$work/copy" && mkdir "$work/copy" &&
		tar -xf "$work/$archive" -C "$work/copy" && same_from "$work/copy/xen-dmabuf-$version"
}

# Without the variable: the date of the archive that was unpacked
date_of_archive()
(
	unset SOURCE_DATE_EPOCH
	same_from "$work/copy/xen-dmabuf-$version"
)

staged()
{
	"$work/copy/xen-dmabuf-$version/packaging/build" --stage "$work/staged" &&
		diff -r -x debian -x build "$work/copy/xen-dmabuf-$version" "$work/staged" &&
		[ -x "$work/staged/debian/rules" ]
}

# The version is in VERSION, and nowhere else
one_version()
(
	cd "$work/copy/xen-dmabuf-$version" && echo 7.8.9 >VERSION &&
		! grep -rnF --exclude-dir=LICENSES --exclude=CHANGELOG.md \
			--exclude='*.symbols' --exclude-dir=build -w "$version" . |
		grep -v "[0-9.]$version\|$version\.[0-9]" || return 1
	# but for the changes, which are to have been written
	! packaging/dist "$work/again" && echo "## 7.8.9 (now)" >CHANGELOG.md &&
		packaging/dist "$work/again" && ls "$work/again/xen-dmabuf-7.8.9.tar.xz"
)

try "source archive: made" made
try "source archive: has no file that building leaves" only_sources
try "source archive: a git checkout is made of it" copy_checkout
try "checkout of another user: makes the same archive" same_from "$work/copy"
try "checkout without git: makes the same archive" without_git
try "unpacked archive: makes the same archive" unpacked
try "unpacked archive, no SOURCE_DATE_EPOCH: makes the same archive" date_of_archive
try "packages' sources come from an unpacked archive" staged
try "the version is that of VERSION alone" one_version
rm -rf "${work:?}/copy" "$work/again" "$work/staged" "${work:?}/bin"
exit "$failures"
