// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent's verbs.  Numbered slots hold what they make: pages, a dma-buf, a
 * lease, or all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>
#include <xengnttab.h>

#include "agent.h"
#include "kmod/xdb_importer.h"
#include "machine.h"
#include "pattern.h"
#include "scatter.h"

#define MAX_PAGES 65535UL

static struct slot {
	int fd; /* the dma-buf, 0 if there is none */
	uint8_t *va;
	size_t pages;
	size_t plain; /* pages shared by gntalloc */
	struct xendmabuf_lease *lease;
} slots[AGENT_SLOTS];

static struct xendmabuf *device;
static xengntshr_handle *gntshr;
static struct xendmabuf_directory *directory; /* until the next command */

struct reply {
	char *text;
	size_t size, used;
};

struct call {
	char *arg[12];
	int args;
	struct reply *reply;
};

static void append_answer(struct call *c, const char *fmt, ...)
{
	struct reply *r = c->reply;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->text + r->used, r->size - r->used, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < r->size - r->used)
		r->used += n;
}

static unsigned long arg_number(struct call *c, int i)
{
	return i < c->args ? strtoul(c->arg[i], NULL, 0) : 0;
}

static bool arg_is(struct call *c, int i, const char *w)
{
	return i < c->args && !strcmp(c->arg[i], w);
}

static struct slot *slot_of(struct call *c)
{
	unsigned long k = arg_number(c, 1);

	return c->args > 1 && k < AGENT_SLOTS ? &slots[k] : NULL;
}

static bool slot_empty(const struct slot *s)
{
	return s && !s->fd && !s->va && !s->lease;
}

/* free the dma-buf and its mapping, and keep the lease */
static void slot_drop_memory(struct slot *s)
{
	if (s->plain)
		xengntshr_unshare(gntshr, s->va, s->plain);
	else if (s->va)
		munmap(s->va, s->pages * PAGE);
	if (s->fd)
		close(s->fd);
	s->fd = 0;
	s->va = NULL;
	s->plain = 0;
}

static void slot_free(struct slot *s)
{
	slot_drop_memory(s);
	xendmabuf_lease_close(s->lease);
	memset(s, 0, sizeof(*s));
}

void agent_forget(void)
{
	int i;

	for (i = 0; i < AGENT_SLOTS; i++)
		slot_free(&slots[i]);
	xendmabuf_close(device);
	device = NULL;
	if (gntshr)
		xengntshr_close(gntshr);
	gntshr = NULL;
}

static int need_device(void)
{
	return device ? 0 : xendmabuf_open(&device);
}

/*
 * The answer "N FIRST ..." for references in a page directory, which domain @reader
 * can read (0: dom0).
 */
static int tell_refs(struct call *c, unsigned long reader, const uint32_t *refs,
		     size_t n)
{
	uint32_t first;
	int err =
		xendmabuf_directory_share(reader, refs, n, &first, &directory);

	if (!err)
		append_answer(c, " %zu %u", n, first);
	return err;
}

/* plain SLOT PAGES rw|ro SEED -> pages, first reference of the directory */
static int do_plain(struct call *c)
{
	struct slot *s = slot_of(c);
	size_t n = arg_number(c, 2);
	uint32_t *refs;
	int err;

	if (!slot_empty(s) || !n || n > MAX_PAGES)
		return -EINVAL;
	if (!gntshr)
		gntshr = xengntshr_open(NULL, 0);
	if (!gntshr)
		return -ENODEV;
	refs = calloc(n, sizeof(*refs));
	if (!refs)
		return -ENOMEM;
	s->va = xengntshr_share_pages(gntshr, 0, n, refs, arg_is(c, 3, "rw"));
	if (!s->va) {
		free(refs);
		return errno ? -errno : -EIO;
	}
	s->pages = n;
	s->plain = n;
	pattern_fill(s->va, 0, n, arg_number(c, 4));
	err = tell_refs(c, 0, refs, n);
	free(refs);
	if (err)
		slot_free(s);
	return err;
}

static int slot_view(struct slot *s, int prot)
{
	void *va = mmap(NULL, s->pages * PAGE, prot, MAP_SHARED, s->fd, 0);

	if (va == MAP_FAILED)
		return -errno;
	s->va = va;
	return 0;
}

/* alloc SLOT PAGES heap|udmabuf|scatter SEED; another source if the kernel lacks it */
static int do_alloc(struct call *c)
{
	struct slot *s = slot_of(c);
	size_t n = arg_number(c, 2);
	int err;

	if (!slot_empty(s) || !n || n > MAX_PAGES)
		return -EINVAL;
	err = source_alloc(c->args > 3 ? c->arg[3] : "heap", n, &s->fd);
	if (err) {
		s->fd = 0;
		return err;
	}
	s->pages = n;
	err = slot_view(s, PROT_READ | PROT_WRITE);
	if (err) {
		slot_free(s);
		return err;
	}
	xendmabuf_access_begin(s->fd, XENDMABUF_WRITE);
	pattern_fill(s->va, 0, n, arg_number(c, 4));
	xendmabuf_access_end(s->fd, XENDMABUF_WRITE);
	return 0;
}

/*
 * grant SLOT FIRSTPAGE PAGES rw|ro [DOMID [READER]] -> pages, first reference,
 * lease id
 */
static int do_grant(struct call *c)
{
	struct slot *s = slot_of(c);
	size_t n = arg_number(c, 3);
	uint32_t *refs;
	int err = need_device();

	if (err)
		return err;
	if (!s || !s->fd || s->lease || !n || n > MAX_PAGES)
		return -EINVAL;
	refs = calloc(n, sizeof(*refs));
	if (!refs)
		return -ENOMEM;
	err = xendmabuf_grant(device, s->fd, arg_number(c, 2) * PAGE,
			      arg_number(c, 5),
			      arg_is(c, 4, "ro") ? XENDMABUF_RDONLY : 0, refs,
			      n, &s->lease);
	if (!err)
		err = tell_refs(c, arg_number(c, 6), refs, n);
	if (!err)
		append_answer(c, " %llu",
			      (unsigned long long)xendmabuf_lease_id(s->lease));
	free(refs);
	return err;
}

/*
 * map SLOT PAGES FIRST rw|ro [DOMID [BITS]]: references in the page directory at
 * FIRST, for a device with this many address bits
 */
static int do_map(struct call *c)
{
	struct slot *s = slot_of(c);
	bool ro = arg_is(c, 4, "ro");
	size_t n = arg_number(c, 2);
	uint32_t *refs;
	int err = need_device();

	if (err)
		return err;
	if (!slot_empty(s) || !n || n > MAX_PAGES)
		return -EINVAL;
	refs = calloc(n, sizeof(*refs));
	if (!refs)
		return -ENOMEM;
	err = xendmabuf_directory_read(arg_number(c, 5), arg_number(c, 3), refs,
				       n);
	if (!err)
		err = xendmabuf_map_for_device(device, arg_number(c, 5), refs,
					       n, ro ? XENDMABUF_RDONLY : 0,
					       arg_number(c, 6), &s->fd,
					       &s->lease);
	free(refs);
	if (err) {
		s->fd = 0;
		return err;
	}
	s->pages = n;
	err = slot_view(s, ro ? PROT_READ : PROT_READ | PROT_WRITE);
	if (err)
		slot_free(s);
	return err;
}

/* import SLOT BITS -> segments of a device, its address's frame, the page frame */
static int do_import(struct call *c)
{
	struct slot *s = slot_of(c);
	struct xdb_importer_attach req = {
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = arg_number(c, 2),
	};
	struct xdb_importer_segments seg;
	int importer, err = 0;

	if (!s || !s->fd || !s->va)
		return -EINVAL;
	req.dmabuf_fd = s->fd;
	importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	if (importer < 0)
		return -errno;
	if (ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req) ||
	    ioctl(importer, XDB_IMPORTER_IOC_MAP, 3) ||
	    ioctl(importer, XDB_IMPORTER_IOC_SEGMENTS, &seg))
		err = -errno;
	else
		append_answer(c, " %u %llu %llu", seg.nr,
			      (unsigned long long)seg.first / PAGE,
			      (unsigned long long)seg.page / PAGE);
	close(importer);
	return err;
}

/* features -> XEN_DMABUF_FEATURE_* */
static int do_features(struct call *c)
{
	struct xen_dmabuf_info info;
	int err = need_device();

	if (!err)
		err = xendmabuf_info(device, &info, sizeof(info));
	if (!err)
		append_answer(c, " %u", info.features);
	return err;
}

/* fill SLOT SEED [FIRST COUNT] */
static int do_fill(struct call *c)
{
	struct slot *s = slot_of(c);
	size_t first = arg_number(c, 3);
	size_t n = c->args > 4 ? arg_number(c, 4) : s ? s->pages : 0;

	if (!s || !s->va || first + n > s->pages)
		return -EINVAL;
	if (s->fd)
		xendmabuf_access_begin(s->fd, XENDMABUF_WRITE);
	pattern_fill(s->va + first * PAGE, first, n, arg_number(c, 2));
	if (s->fd)
		xendmabuf_access_end(s->fd, XENDMABUF_WRITE);
	return 0;
}

/* check SLOT SEED [FIRST COUNT] -> wrong pages, the first of them */
static int do_check(struct call *c)
{
	struct slot *s = slot_of(c);
	size_t first = arg_number(c, 3), bad = 0, wrong;
	size_t n = c->args > 4 ? arg_number(c, 4) : s ? s->pages : 0;

	if (!s || !s->va || first + n > s->pages)
		return -EINVAL;
	if (s->fd)
		xendmabuf_access_begin(s->fd, XENDMABUF_READ);
	wrong = pattern_check(s->va + first * PAGE, first, n, arg_number(c, 2),
			      &bad);
	if (s->fd)
		xendmabuf_access_end(s->fd, XENDMABUF_READ);
	append_answer(c, " %zu %zu", wrong, bad);
	return 0;
}

/* lease SLOT -> state, pages in use, dmabufs, pages, domid, kind, peer gone */
static int do_lease(struct call *c)
{
	struct slot *s = slot_of(c);
	struct xen_dmabuf_lease_info info;
	int err;

	if (!s || !s->lease)
		return -EINVAL;
	err = xendmabuf_lease_info(s->lease, &info, sizeof(info));
	if (!err)
		append_answer(c, " %u %u %u %u %u %u %u", info.state,
			      info.pages_in_use, info.dmabufs, info.nr_pages,
			      info.domid, info.kind, info.peer_gone);
	return err;
}

/* wait SLOT MS */
static int do_wait(struct call *c)
{
	struct slot *s = slot_of(c);

	if (!s || !s->lease)
		return -EINVAL;
	return xendmabuf_lease_wait(s->lease, arg_number(c, 2));
}

/* revoke SLOT -> the state right after it, pages in use */
static int do_revoke(struct call *c)
{
	struct slot *s = slot_of(c);
	struct xen_dmabuf_lease_info info;
	int err;

	if (!s || !s->lease)
		return -EINVAL;
	err = xendmabuf_lease_revoke(s->lease);
	if (!err)
		err = xendmabuf_lease_info(s->lease, &info, sizeof(info));
	if (!err)
		append_answer(c, " %u %u", info.state, info.pages_in_use);
	return err;
}

/* closelease SLOT: the last file of a grant's lease revokes it */
static int do_closelease(struct call *c)
{
	struct slot *s = slot_of(c);

	if (!s || !s->lease)
		return -EINVAL;
	xendmabuf_lease_close(s->lease);
	s->lease = NULL;
	return 0;
}

/* drop SLOT: the dma-buf and its mapping, not the lease */
static int do_drop(struct call *c)
{
	struct slot *s = slot_of(c);

	if (!s)
		return -EINVAL;
	slot_drop_memory(s);
	return 0;
}

static int do_free(struct call *c)
{
	struct slot *s = slot_of(c);

	if (!s)
		return -EINVAL;
	slot_free(s);
	return 0;
}

/* load MODULE [PARAMETER] */
static int do_load(struct call *c)
{
	if (c->args < 2)
		return -EINVAL;
	return machine_load(c->arg[1], c->args > 2 ? c->arg[2] : NULL);
}

static int do_remove(struct call *c)
{
	return c->args > 1 ? machine_remove(c->arg[1]) : -EINVAL;
}

/* restrict [DOMID]: the file that maps and grants; without one, there is a new file */
static int do_restrict(struct call *c)
{
	int err;

	if (c->args < 2) {
		xendmabuf_close(device);
		device = NULL;
		return 0;
	}
	err = need_device();
	return err ? err
		   : xendmabuf_restrict(device, arg_number(c, 1),
					XENDMABUF_MAY_MAP |
						XENDMABUF_MAY_GRANT);
}

/* param MODULE NAME VALUE */
static int do_param(struct call *c)
{
	if (c->args < 4)
		return -EINVAL;
	return machine_set_param(c->arg[1], c->arg[2], c->arg[3]);
}

static int do_loaded(struct call *c)
{
	append_answer(c, " %d", c->args > 1 && machine_has_module(c->arg[1]));
	return 0;
}

/* counts -> fds, pages mapped, pages granted, leases, pages leaked */
static int do_counts(struct call *c)
{
	struct counts n;

	machine_counts(&n);
	append_answer(c, " %ld %ld %ld %ld %ld", n.fds, n.pages_mapped,
		      n.pages_granted, n.leases, n.pages_leaked);
	return 0;
}

/* stat NAME, meminfo NAME, log: one number */
static int do_number(struct call *c)
{
	if (arg_is(c, 0, "log"))
		append_answer(c, " %ld", machine_log_lines());
	else if (c->args < 2)
		return -EINVAL;
	else if (arg_is(c, 0, "stat"))
		append_answer(c, " %ld", machine_stat(c->arg[1]));
	else
		append_answer(c, " %ld", machine_meminfo(c->arg[1]));
	return 0;
}

/* pressure POISON LEAVEMIB MOSTMIB -> MiB written over */
static int do_pressure(struct call *c)
{
	int mib = machine_pressure(arg_number(c, 1), arg_number(c, 2),
				   arg_number(c, 3));

	if (mib < 0)
		return mib;
	append_answer(c, " %d", mib);
	return 0;
}

static int do_ping(struct call *c)
{
	append_answer(c, " %ld", (long)getpid());
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(struct call *c);
} verbs[] = {
	{ "alloc", do_alloc },
	{ "check", do_check },
	{ "closelease", do_closelease },
	{ "counts", do_counts },
	{ "drop", do_drop },
	{ "features", do_features },
	{ "fill", do_fill },
	{ "free", do_free },
	{ "grant", do_grant },
	{ "import", do_import },
	{ "lease", do_lease },
	{ "load", do_load },
	{ "loaded", do_loaded },
	{ "log", do_number },
	{ "map", do_map },
	{ "meminfo", do_number },
	{ "param", do_param },
	{ "ping", do_ping },
	{ "plain", do_plain },
	{ "pressure", do_pressure },
	{ "remove", do_remove },
	{ "restrict", do_restrict },
	{ "revoke", do_revoke },
	{ "stat", do_number },
	{ "wait", do_wait },
};

void agent_do(char *line, char *answer, size_t size)
{
	struct reply reply = { answer, size, 0 };
	struct call c = { .reply = &reply };
	char *save, *arg;
	size_t i;
	int err = -EOPNOTSUPP;

	/* the directory of the last answer has been read by now */
	xendmabuf_directory_unshare(directory);
	directory = NULL;

	for (arg = strtok_r(line, " ", &save);
	     arg && c.args < (int)(sizeof(c.arg) / sizeof(c.arg[0]));
	     arg = strtok_r(NULL, " ", &save))
		c.arg[c.args++] = arg;

	append_answer(&c, "OK");
	for (i = 0; c.args && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(c.arg[0], verbs[i].name))
			continue;
		err = verbs[i].run(&c);
		break;
	}
	if (err)
		snprintf(answer, size, "ERR %d %s", -err,
			 strerrorname_np(-err));
}
