/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that all parts of the daemon share. */
#ifndef XCH_DAEMON_H
#define XCH_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "child.h"
#include "common/loop.h"
#include "common/store-events.h"
#include "config.h"
#include "domains.h"

struct xch_control;
struct xch_entrance;
struct xch_introduction;
struct xch_listener;
struct xch_peer;
struct xch_peer_ops;
struct xch_transport_ops;

struct xch_daemon {
	struct xdc_loop loop;
	struct xch_config *config;
	struct xs_handle *xs;
	struct xdc_store_events store;
	struct xdc_work scan; /* domains may have come or gone */
	struct xdc_timer scan_timer;
	uint16_t self; /* this domain's id */
	bool self_unread; /* and may be another one by now; logged */
	struct xch_domains domains; /* as of the last scan that succeeded */
	bool told_no_scan; /* logged: it has failed since then */
	uint64_t try_delay; /* ns between two tries to link; failures double it */
	const char *program; /* is run as a worker */
	uint64_t worker_patience; /* ns that a worker may be silent */
	const struct xch_transport_ops *transport;
	const struct xch_peer_ops *peer_ops;
	struct xch_children children;
	int idle_dmabuf; /* for the workers' fences; -1: none can be made */
	int udmabuf; /* makes dma-bufs of programs' memory; -1: it is copied */
	uint64_t udmabuf_max; /* bytes of one */
	bool told_no_driver;
	LIST_HEAD(xch_peer_list, xch_peer) peers;
	unsigned int nr_peers;
	LIST_HEAD(xch_entrance_list, xch_entrance) entrances;
	LIST_HEAD(xch_listener_list, xch_listener) listeners;
	struct xch_introduction *introductions; /* those that are written */
	unsigned int nr_introductions;
	bool told_no_introductions; /* logged: some failed since then */
	bool introductions_read; /* those of an earlier daemon, too */
	struct xch_control *control;
	/* a worker has answered, or ended: "status" may be waiting for it */
	void (*status_changed)(struct xch_daemon *d);
	uint64_t link_patience; /* ns that programs wait for the first link */
	void (*linked)(struct xch_daemon *d); /* a link is made; or NULL */
};

#endif
