/* SPDX-License-Identifier: GPL-2.0-only */
/* What the configuration says of peers, services and users. */
#ifndef XCH_POLICY_H
#define XCH_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "link/frame.h"
#include "link/kind.h"

#define XCH_NAME_MAX 64 /* of a domain, with its NUL */
#define XCH_NAMES_MAX 16
#define XCH_PATH_MAX 108 /* of a socket, with its NUL */
#define XCH_COMMAND_MAX 1024

struct xch_names {
	char name[XCH_NAMES_MAX][XCH_NAME_MAX];
	unsigned int nr;
};

/* Local users: anyone, or those with one of the ids */
struct xch_users {
	bool all;
	uid_t uid[XCH_NAMES_MAX];
	gid_t gid[XCH_NAMES_MAX];
	unsigned int nr_uids, nr_gids;
};

/*
 * What a peer may cost, and how its buffers are treated: a buffer is the link's,
 * and may be sent on several channels
 */
struct xch_caps {
	uint32_t max_pages; /* mapped from it, and granted to it */
	uint32_t max_buffers; /* each way */
	uint32_t max_channels; /* each way */
	uint32_t max_opens; /* channels that it opens, a second */
	uint32_t max_rings; /* that are made for it while its domain runs */
	uint32_t max_fences; /* late ones that may be pending, each way */
	uint32_t linger_ms; /* how long unused buffers stay mapped */
	uint32_t max_copy; /* bytes of a small file that is copied */
	uint32_t sync_timeout_ms; /* how long a fence may take */
	bool revocable; /* MAP for users only that can be told to let go */
};

/* How a channel of a service is */
struct xch_channel_terms {
	enum xch_channel_type type;
	unsigned int fds; /* XCH_FDS_* */
	bool read_only; /* what is granted is for reading */
};

enum xch_target {
	XCH_TARGET_NONE,
	XCH_TARGET_CONNECT, /* to the socket at the path */
	XCH_TARGET_LISTEN, /* for a local program that listens */
	XCH_TARGET_EXEC, /* of the command, with the channel as its socket */
};

struct xch_service {
	char name[XCH_SERVICE_MAX];
	struct xch_names from; /* peers that may connect */
	enum xch_target target;
	char path[XCH_PATH_MAX];
	char command[XCH_COMMAND_MAX];
	struct xch_users users; /* that may listen */
	struct xch_channel_terms terms;
};

struct xch_use {
	char service[XCH_SERVICE_MAX];
	struct xch_names peers; /* where it may be used */
	char path[XCH_PATH_MAX]; /* of the daemon's socket for it; "": none */
	struct xch_users users; /* that may connect */
	struct xch_channel_terms terms;
};

#endif
