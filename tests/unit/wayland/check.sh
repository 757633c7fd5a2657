#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "xen-wayland check" with a valid file, an invalid one, and none; wrong command lines
# shellcheck source=tests/unit/expect.sh
. "$(dirname "$0")/../expect.sh"

printf '[guest work]\ntitles = utf-8\ndisplay = wayland-9\n' >"$folder/right"
printf '[guest work]\ntitles = latin\n' >"$folder/wrong"
expect 0 "$folder/right: configuration valid" --config "$folder/right" check
expect 1 "$folder/wrong:2: titles is 'latin'" --config "$folder/wrong" check
expect 1 'No such file' --config "$folder/none" check
printf '[default]\nframe = #cc0000\n[guest work]\nallow = pointer-lock\n' >"$folder/vain"
expect 0 'vain: work: allow = pointer-lock' --config "$folder/vain" check
expect 0 'configuration valid' --config "$folder/vain" check
expect_lost --config "$folder/right" check
expect_lost --help
expect_lost --version
expect 1 'no section [guest mail]' --config "$folder/right" host mail
: >"$folder/empty"
expect 1 'no section [guest NAME]' --config "$folder/empty" host
expect 1 "wrong:2: titles is 'latin'" --config "$folder/wrong" host work
expect 2 'usage:' host work mail
expect 2 'usage:' --socket "$folder/socket" host
expect 2 'usage:' --config "$folder/right"
expect 2 'usage:' agent
expect 2 'usage:' --socket "$folder/socket" agent 0
expect 2 'usage:' --log-level loud check
expect 0 'usage:' --help
expect 0 'xen-wayland ' --version

unset XDG_RUNTIME_DIR
expect 1 'XDG_RUNTIME_DIR is not set' --config "$folder/right" host work
expect 1 'XDG_RUNTIME_DIR is not set' --socket "$folder/socket" agent

XDG_RUNTIME_DIR=$folder
export XDG_RUNTIME_DIR
: >"$folder/file"
expect 1 'File exists' --config "$folder/right" --socket "$folder/file" host work
: >"$folder/wayland-5"
expect 1 'display wayland-5: File exists' --display wayland-5 agent 0
exit $failed
