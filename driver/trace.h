/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: the life of each share, and what keeps it from going well. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_dmabuf

#if !defined(XDB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XDB_TRACE_H

#include <linux/device.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

/* The fields of an event are one a line. */
/* clang-format off */

/* A lease has begun, or has changed its state. */
DECLARE_EVENT_CLASS(xen_dmabuf_lease,
	TP_PROTO(u32 lease, u16 domid, u32 nr_pages, bool rdonly),
	TP_ARGS(lease, domid, nr_pages, rdonly),
	TP_STRUCT__entry(
		__field(u32, lease)
		__field(u32, nr_pages)
		__field(u16, domid)
		__field(bool, rdonly)
	),
	TP_fast_assign(
		__entry->lease = lease;
		__entry->nr_pages = nr_pages;
		__entry->domid = domid;
		__entry->rdonly = rdonly;
	),
	TP_printk("lease=%u domid=%u pages=%u %s", __entry->lease,
		  __entry->domid, __entry->nr_pages,
		  __entry->rdonly ? "ro" : "rw")
);

DEFINE_EVENT(xen_dmabuf_lease, xen_dmabuf_map,
	TP_PROTO(u32 lease, u16 domid, u32 nr_pages, bool rdonly),
	TP_ARGS(lease, domid, nr_pages, rdonly)
);

DEFINE_EVENT(xen_dmabuf_lease, xen_dmabuf_grant,
	TP_PROTO(u32 lease, u16 domid, u32 nr_pages, bool rdonly),
	TP_ARGS(lease, domid, nr_pages, rdonly)
);

DEFINE_EVENT(xen_dmabuf_lease, xen_dmabuf_revoke,
	TP_PROTO(u32 lease, u16 domid, u32 nr_pages, bool rdonly),
	TP_ARGS(lease, domid, nr_pages, rdonly)
);

DEFINE_EVENT(xen_dmabuf_lease, xen_dmabuf_returned,
	TP_PROTO(u32 lease, u16 domid, u32 nr_pages, bool rdonly),
	TP_ARGS(lease, domid, nr_pages, rdonly)
);

DEFINE_EVENT(xen_dmabuf_lease, xen_dmabuf_peer_gone,
	TP_PROTO(u32 lease, u16 domid, u32 nr_pages, bool rdonly),
	TP_ARGS(lease, domid, nr_pages, rdonly)
);

/* Xen refused to unmap a page, which is never used again. */
TRACE_EVENT(xen_dmabuf_stuck_page,
	TP_PROTO(u32 lease, u16 domid, u32 page, int status),
	TP_ARGS(lease, domid, page, status),
	TP_STRUCT__entry(
		__field(u32, lease)
		__field(u32, page)
		__field(int, status)
		__field(u16, domid)
	),
	TP_fast_assign(
		__entry->lease = lease;
		__entry->page = page;
		__entry->status = status;
		__entry->domid = domid;
	),
	TP_printk("lease=%u domid=%u page=%u status=%d", __entry->lease,
		  __entry->domid, __entry->page, __entry->status)
);

/* A device was refused a mapping that the DMA layer would have copied. */
TRACE_EVENT(xen_dmabuf_bounce_refused,
	TP_PROTO(u32 lease, struct device *dev),
	TP_ARGS(lease, dev),
	TP_STRUCT__entry(
		__field(u32, lease)
		__array(char, device, 32)
	),
	TP_fast_assign(
		__entry->lease = lease;
		strscpy(__entry->device, dev_name(dev),
			sizeof(__entry->device));
	),
	TP_printk("lease=%u device=%s", __entry->lease, __entry->device)
);

/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
