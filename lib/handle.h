/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handle: an open device, and what the last failed call on it was */
#ifndef XDL_HANDLE_H
#define XDL_HANDLE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <xendmabuf.h>

enum xdl_call {
	XDL_CALL_NONE,
	XDL_CALL_INFO,
	XDL_CALL_RESTRICT,
	XDL_CALL_MAP,
	XDL_CALL_GRANT,
	XDL_CALL_LEASE_OPEN,
};

/* The last call on a handle that failed, for xendmabuf_explain() */
struct xdl_failure {
	enum xdl_call call;
	int err;
	uint32_t domid;
	size_t nr_refs;
	uint32_t bad_value; /* the reference at bad_ref */
	uint64_t lease_id;
};

struct xendmabuf {
	int fd;
	pthread_mutex_t lock; /* protects all that follows */
	struct xdl_failure failure;
	size_t bad_ref;
	char text[1024]; /* what xendmabuf_explain() returned last */
};

/* NULL: out of memory.  The handle owns @fd */
struct xendmabuf *xdl_handle_new(int fd);

/* remembers a failure; bad_ref stays that of the last map */
void xdl_handle_failed(struct xendmabuf *x, const struct xdl_failure *failure);

#endif
