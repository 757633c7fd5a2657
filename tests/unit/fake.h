/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake system calls, which a test answers itself.  The linker replaces the real
 * ones by them (--wrap).
 */
#ifndef FAKE_H
#define FAKE_H

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../cmocka-1.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Each but readlink returns 0 or more, or -errno; without one, the real call is made */
struct fake {
	int (*open)(const char *path, int flags);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	int (*poll)(struct pollfd *p, nfds_t nr, int timeout);
	int (*access)(const char *path);
	const char *(*readlink)(const char *path); /* NULL: ENOENT */
	int fail_alloc; /* which of the next allocations fails; 0: none */
};

extern struct fake fake;

/* setup: no call is faked; teardown: fails if a descriptor was leaked */
int fake_setup(void **state);
int fake_teardown(void **state);

#define FAKE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

/* Descriptors of a character device, and of a regular file with this content */
int fake_chardev(void);
int fake_file(const char *content);

/* Whether all @len bytes are @byte */
int fake_filled(const void *at, int byte, size_t len);

int fake_fds(void);
int fake_is_open(int fd);

#endif
