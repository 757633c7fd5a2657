#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Wrong arguments: exit status 2, the reason, and a hint at --help.
# Needs no Xen: the tool refuses each of them before it opens anything.
# shellcheck source=tests/unit/expect.sh
. "$(dirname "$0")/../../tests/unit/expect.sh"

expect 2 'Usage: xendmabuf'
expect 0 'Exit status' --help
for option in --version -V; do
	expect 0 'xendmabuf ' "$option"
done
expect 0 'Usage: xendmabuf COMMAND' help
expect 0 'Usage: xendmabuf COMMAND' -h
expect 2 "there is no command 'dance'" help dance
expect 2 "unexpected 'more'" help list more
expect 2 "there is no command 'dance'" dance
for option in --help --version help; do
	expect_lost "$option"
done
expect_lost help list
expect_lost list --help
for command in doctor info grant map show list wait revoke bench \
	listen connect send recv channels; do
	expect 0 "Usage: xendmabuf $command" "$command" --help
	expect 0 "Usage: xendmabuf $command" help "$command"
	expect 2 "Try: xendmabuf $command --help" "$command" --nonsense
done
for command in doctor info list; do
	expect 2 "unexpected 'more'" "$command" more
done

expect 2 '--to DOMAIN is missing' grant --size 8x8 --name a
expect 2 'nothing to grant' grant --to 1 --name a
expect 2 'exclude each other' grant --to 1 --name a --bytes 1 --image x
expect 2 'exclude each other' grant --to 1 --name a --bytes 1 --size 1x1
expect 2 'exclude each other' grant --to 1 --name a --dmabuf-fd 3 --image x
expect 2 '--name or --refs' grant --to 1 --size 8x8
for name in a.b a/b 'a b' -a '' 123456789012345678901234567890123; do
	expect 2 "'$name' is not a valid name" grant --to 1 --size 8x8 "--name=$name"
done
expect 2 "1 to 32 letters, digits, '_' or '-'" grant --to 1 --size 8x8 --name a.b
expect 2 'is not WIDTHxHEIGHT' grant --to 1 --size 8 --name a
expect 2 'is not WIDTHxHEIGHT' grant --to 1 --size 0x8 --name a
expect 2 'is not WIDTHxHEIGHT' grant --to 1 --size 99999x8 --name a
expect 2 '--bytes is 1 to' grant --to 1 --bytes 0 --name a
expect 2 '--bytes is 1 to' grant --to 1 --bytes 268431361 --name a
expect 2 'descriptor' grant --to 1 --dmabuf-fd -1 --name a
expect 2 '--source is heap, udmabuf or vgem' grant --to 1 --size 8x8 --name a --source hat
expect 2 'number of rounds from 1 to 32' bench a:b --rounds 0
expect 2 'number of rounds from 1 to 32' bench a:b --rounds 33
expect 2 'number of pages from 1 to 65535' bench a:b --most 0
# shellcheck disable=SC2046 # each is a word
expect 2 'more than 16 times --peer' bench a:b $(seq -f '--peer=%.0f' 17)
expect 2 '--watch needs --image' grant --to 1 --size 8x8 --name a --watch
expect 2 "unexpected 'more'" grant --to 1 --size 8x8 --name a more

for command in map show bench; do
	expect 2 'no share given' "$command"
	expect 2 'no share given' "$command" --from 1
	expect 2 'either DOMAIN:NAME, or' "$command" a:b --refs -
	expect 2 'is not DOMAIN:NAME' "$command" a
	expect 2 'is not DOMAIN:NAME' "$command" a:
	expect 2 "'b.c' is not a valid name" "$command" a:b.c
	expect 2 "'b/c' is not a valid name" "$command" a:b/c
	expect 2 "1 to 32 letters, digits, '_' or '-'" "$command" a:b.c
	expect 2 "unexpected 'more'" "$command" a:b more
	expect 1 'there must be 1 to 65535' "$command" --from 1 --refs -
	expect 1 'No such file' "$command" --from 1 --refs /nonexistent/refs
	expect 1 'below 32752' "$command" --from 99999 --refs -
done
expect 2 '--exec needs a command' map a:b --exec
expect 2 '--exec needs a command' connect a service --exec
for command in listen recv; do
	expect 2 '--exec needs a command' "$command" service --exec
	expect 2 'a service is needed' "$command" --exec true
done
expect 2 'one of --unix, --exec and --stdio' listen service
expect 2 'one of --unix, --exec and --stdio' listen service --stdio --exec true
expect 2 'exclude each other' connect a service --stdio --exec true
expect 2 'milliseconds' show a:b --refresh 0
expect 2 'milliseconds' show a:b --refresh soon
expect 2 '--png uses no card' show a:b --png x --copy

for command in wait revoke; do
	expect 2 'exactly one LEASE-ID is needed' "$command"
	expect 2 'exactly one LEASE-ID is needed' "$command" 1 2
	expect 2 "is not a lease's id" "$command" -- -1
	expect 2 "is not a lease's id" "$command" 99999999999999999999999
done
expect 2 'is not a number of seconds' wait 1 --timeout soon
expect 2 'is not a number of seconds' wait 1 --timeout 99999999999

exit $failed
