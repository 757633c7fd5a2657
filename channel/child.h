/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that the daemon runs: its workers, and those of services. */
#ifndef XCH_CHILD_H
#define XCH_CHILD_H

#include <sys/queue.h>
#include <sys/types.h>

#include "common/loop.h"

struct xch_child;

struct xch_children {
	struct xdc_loop *loop;
	LIST_HEAD(xch_child_list, xch_child) all;
	unsigned int nr;
};

struct xch_child_start {
	const char *path;
	char *const *argv;
	char *const *envp;
	const void *owner; /* who is counted as the one who runs it */
	/* becomes the descriptors from first to last; the caller closes it */
	int fd, first, last;
	/* called once, with a status as of waitpid(); NULL: not called */
	void (*ended)(void *user, int status);
	void *user;
};

void xch_children_init(struct xch_children *all, struct xdc_loop *loop);
/** xch_children_fini - wait a second, and kill those that still run */
void xch_children_fini(struct xch_children *all);
/**
 * xch_child_start - run a program that has no descriptor of the daemon's but one
 *
 * @out may be NULL.  It is valid until ended() is called.
 */
int xch_child_start(struct xch_children *all, const struct xch_child_start *how,
		    struct xch_child **out);
/**
 * xch_child_leave - ended() is not called; it is killed if it runs @ns longer
 *
 * Ignores NULL.
 */
void xch_child_leave(struct xch_child *child, uint64_t ns);
pid_t xch_child_pid(const struct xch_child *child);
/** xch_children_count - those that an owner runs */
unsigned int xch_children_count(const struct xch_children *all,
				const void *owner);

#endif
