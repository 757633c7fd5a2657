/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a program and xen-channeld say to each other, on one machine.
 *
 * At the control socket, datagrams of text.  A program sends one request:
 *
 *	status | status json		the answer "ok" brings the text as a file
 *	services			the same, with the lines below
 *	connect PEER SERVICE OPTION...	"ok SERVICE NAME DOMID TYPE" brings the
 *					channel's socket
 *	listen SERVICE OPTION...	"ok", then "channel SERVICE NAME DOMID TYPE" with
 *					a socket for each channel, until it closes
 *
 * or "error ERRNO TEXT".  NAME is the peer's, and may have blanks; DOMID its number,
 * TYPE "stream" or "seqpacket".  Options:
 *
 *	events		a second socket comes with the channel's: its notices
 *	late		messages do not wait for their sync_files
 *
 * The lines of services are about what the program's user may do.  To root and to the
 * daemon's user they tell of every service and every peer.
 *
 *	memory shared | memory copied		what becomes of programs' memory
 *	fences carried | fences refused
 *	use SERVICE PEER STATE GRANT MAP WHY	the user may connect to it
 *	offer SERVICE PEER STATE GRANT MAP WHY	the user may listen for it
 *
 * PEER is a word of the configuration.  STATE is that of the link: "linked", "bytes"
 * for a link without dma-bufs, "absent" for no such domain, or another of status.
 * GRANT and MAP are pages that may still be granted to the peer, and mapped from it.
 * WHY tells people why there is no link.
 *
 * On the socket of notices, datagrams: requests of the program's, and events, which
 * are struct xendmabuf_channel_event.  Each request is answered by an event of the type
 * XCW_RESULT, in order; a subscription is not.
 */
#ifndef XCW_WIRE_H
#define XCW_WIRE_H

#include <stdint.h>

#define XCW_CONTROL_PATH "/run/xen-channel/control"
#define XCW_LINE_MAX 256
#define XCW_OPTION_EVENTS "events"
#define XCW_OPTION_LATE "late"

/* An event's type: @error is that of the request; MEMORY's brings the dma-buf */
#define XCW_RESULT 0U

enum xcw_request_type {
	XCW_SUBSCRIBE = 1, /* to events, other than results */
	XCW_RECALL, /* brings the buffer; @ms */
	XCW_MEMORY, /* brings the memfd; @offset and @size */
	XCW_REQUESTS_END
};

struct xcw_request {
	uint32_t type;
	uint32_t ms;
	uint64_t offset, size; /* bytes */
};

/* Events that a program has not read, before the socket is closed */
#define XCW_WAITING_MAX 1024U

#endif
