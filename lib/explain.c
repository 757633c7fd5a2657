// SPDX-License-Identifier: LGPL-2.1-or-later
/* An error in words: advice, and what the handle remembers of its last failure */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "api.h"
#include "call.h"
#include "handle.h"
#include "paths.h"

struct writer {
	char *text;
	size_t room;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
add_text(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->text + w->used, w->room - w->used, format, args);
	va_end(args);
	if (n > 0)
		w->used += n;
	if (w->used >= w->room)
		w->used = w->room - 1;
}

struct quota {
	const char *prefix; /* of the module parameter */
	const char *whose;
	uint32_t used, limit;
};

/*
 * Names the limit that was exceeded.  A limit of a file that was not set equals
 * that of its user, and one of a user that of all: then the larger group's
 * parameter is the one to raise.
 */
static void add_quota(struct writer *w, const struct xen_dmabuf_info *info,
		      const struct xdl_failure *f)
{
	const struct quota mapped[] = {
		{ "file", " by this open file", info->file_pages_mapped,
		  info->file_pages_mapped_limit },
		{ "user", " by this user", info->user_pages_mapped,
		  info->user_pages_mapped_limit },
		{ "max", "", info->pages_mapped, info->pages_mapped_limit },
	};
	const struct quota granted[] = {
		{ "file", " by this open file", info->file_pages_granted,
		  info->file_pages_granted_limit },
		{ "user", " by this user", info->user_pages_granted,
		  info->user_pages_granted_limit },
		{ "max", "", info->pages_granted, info->pages_granted_limit },
	};
	bool map = f->call == XDL_CALL_MAP;
	const struct quota *q = map ? mapped : granted;
	const char *what = map ? "mapped" : "granted";
	size_t i;

	/* the first version of the interface has one limit, and 0 in the others */
	for (i = 0; i < 2; i++, q++)
		if (q->limit && q->limit != q[1].limit &&
		    f->nr_refs + q->used > q->limit)
			break;
	add_text(w,
		 " (wanted: %zu pages; %s%s now: %" PRIu32 " of %" PRIu32
		 "; the limit is " XDL_PARAMETERS "%s_%s_pages)",
		 f->nr_refs, what, q->whose, q->used, q->limit, q->prefix,
		 what);
}

/* Adds the driver's figures; nothing if the driver does not answer */
static void add_figures(struct writer *w, int fd, const struct xdl_failure *f)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };
	bool map = f->call == XDL_CALL_MAP;

	if (xdl_ioctl(fd, XEN_DMABUF_IOC_INFO, &info)) {
		if (f->err == -EDQUOT)
			add_text(
				w,
				" (max_, user_ or file_%s_pages in " XDL_PARAMETERS
				")",
				map ? "mapped" : "granted");
		return;
	}
	switch (-f->err) {
	case EFBIG:
		add_text(w, " (wanted: %zu pages; at most: %" PRIu32 ")",
			 f->nr_refs, info.max_pages);
		break;
	case EDQUOT:
		add_quota(w, &info, f);
		break;
	case ENOSPC:
		if (map)
			add_text(w,
				 " (wanted: %zu pages; mapped now: %" PRIu32
				 ")",
				 f->nr_refs, info.pages_mapped);
		else
			add_text(
				w,
				" (wanted: %zu references; free: about %" PRIu32
				" of %" PRIu32 ")",
				f->nr_refs, info.grants_left,
				info.grants_total);
		break;
	}
}

static void add_subject(struct writer *w, const struct xdl_failure *f,
			size_t bad_ref)
{
	switch (f->call) {
	case XDL_CALL_INFO:
		add_text(w, "asking the driver: ");
		break;
	case XDL_CALL_RESTRICT:
		add_text(w, "restricting to domain %" PRIu32 ": ", f->domid);
		break;
	case XDL_CALL_MAP:
		if ((f->err == -EACCES || f->err == -EBADR || f->err == -EIO) &&
		    f->nr_refs)
			add_text(w,
				 "mapping reference %" PRIu32
				 " (index %zu of %zu) "
				 "of domain %" PRIu32 ": ",
				 f->bad_value, bad_ref, f->nr_refs, f->domid);
		else
			add_text(w,
				 "mapping %zu references of domain %" PRIu32
				 ": ",
				 f->nr_refs, f->domid);
		break;
	case XDL_CALL_GRANT:
		add_text(w, "granting %zu pages to domain %" PRIu32 ": ",
			 f->nr_refs, f->domid);
		break;
	case XDL_CALL_LEASE_OPEN:
		add_text(w, "lease %" PRIu64 ": ", f->lease_id);
		break;
	case XDL_CALL_NONE:
		break;
	}
}

/* The largest number that the kernel uses for an error */
#define MAX_ERRNO 4095

XDL_API const char *xendmabuf_explain(struct xendmabuf *x, int err)
{
	struct xdl_failure f;
	const char *advice;
	struct writer w;

	/* errno's own sign is accepted, too */
	if (err > 0)
		err = -err;
	if (!err)
		return "no error";
	if (err < -MAX_ERRNO)
		return "not an error number: check which call returned it";
	if (!x) {
		advice = xdl_advice(XDL_CALL_NONE, -err);
		return advice ? advice
			      : "unknown error: look it up in errno(3), and see "
				"the kernel's log (dmesg)";
	}

	w = (struct writer){ .text = x->text, .room = sizeof(x->text) };
	pthread_mutex_lock(&x->lock);
	f = x->failure;
	/* A failure of another call, for example xendmabuf_alloc() */
	if (f.err != err)
		f = (struct xdl_failure){ .call = XDL_CALL_NONE, .err = err };
	add_subject(&w, &f, x->bad_ref);
	advice = xdl_advice(f.call, -err);
	if (advice)
		add_text(&w, "%s", advice);
	else
		add_text(&w,
			 "error %d (%s), which this library does not know: see "
			 "the kernel's log (dmesg)",
			 -err, strerror(-err));
	if (f.call == XDL_CALL_MAP || f.call == XDL_CALL_GRANT)
		add_figures(&w, x->fd, &f);
	pthread_mutex_unlock(&x->lock);
	return x->text;
}
