/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program's descriptor is, and what becomes of it at the other end.
 *
 * Looking asks the kernel, and nothing that could block: a program's file may be on
 * FUSE, whose server is another program.  Deciding is pure, so that every row of the
 * table can be tested on every machine.
 */
#ifndef XCH_LINK_KIND_H
#define XCH_LINK_KIND_H

#include <stdbool.h>
#include <stdint.h>

enum xch_kind {
	XCH_KIND_DMABUF,
	XCH_KIND_MEMFD, /* memory with seals */
	XCH_KIND_FILE, /* a regular file */
	XCH_KIND_PIPE,
	XCH_KIND_STREAM, /* connected AF_UNIX sockets */
	XCH_KIND_SEQPACKET,
	XCH_KIND_FENCE, /* a sync_file */
	XCH_KIND_SOCKET, /* any other socket */
	XCH_KIND_DEVICE,
	XCH_KIND_DIRECTORY,
	XCH_KIND_ANONYMOUS, /* eventfd, timerfd, epoll, syncobj and the like */
	XCH_KIND_OTHER,
	XCH_KINDS
};

struct xch_facts {
	enum xch_kind kind;
	uint64_t size; /* bytes, of memory and files */
	unsigned int seals; /* F_SEAL_*, of a memfd */
	bool readable, writable; /* how it was opened */
	bool tmpfs; /* content is in memory */
	bool huge; /* memory in huge pages */
	bool waits; /* a file that cannot be read without waiting */
};

/** xch_kind_look - EBADF: not a descriptor.  Or another error of fstat() */
int xch_kind_look(int fd, struct xch_facts *out);
/** xch_kind_name - such as "dma-buf" */
const char *xch_kind_name(enum xch_kind kind);

/* What a service may send: the words of its "fds" */
#define XCH_FDS_DMABUF 1U
#define XCH_FDS_MEMORY 2U /* memory and files */
#define XCH_FDS_SYNC 4U
#define XCH_FDS_PIPE 8U /* pipes and sockets */
#define XCH_FDS_ALL 15U

struct xch_rules {
	unsigned int fds; /* XCH_FDS_* */
	bool grants; /* this end can grant dma-bufs, and the other end map them */
	bool udmabuf; /* and make dma-bufs of memory */
	uint64_t udmabuf_max; /* bytes of one, udmabuf's size_limit_mb */
	uint64_t max_copy; /* bytes */
};

enum xch_treatment {
	XCH_REFUSE,
	XCH_SHARE, /* GRANT of the dma-buf */
	XCH_SHARE_MEMORY, /* GRANT of a dma-buf over the same pages */
	XCH_COPY, /* the content, as a sealed memfd */
	XCH_WAIT, /* for the fence; it arrives signalled */
	XCH_RELAY_STREAM, /* a channel of its own */
	XCH_RELAY_SEQPACKET,
	XCH_RELAY_FROM_PIPE, /* the program's is the read end */
	XCH_RELAY_TO_PIPE
};

/**
 * xch_kind_decide - what becomes of it
 * @why: set to the reason for XCH_REFUSE, and where memory that could be shared is
 *	copied; otherwise to NULL
 */
enum xch_treatment xch_kind_decide(const struct xch_facts *facts,
				   const struct xch_rules *rules,
				   const char **why);

#endif
