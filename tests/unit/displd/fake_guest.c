// SPDX-License-Identifier: GPL-2.0-only
#include "fake_guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "common/store.h"
#include "fake_drm.h"
#include "output/headless.h"
#include "output/kms-card.h"
#include "output/kms.h"
#include "output/open.h"
#include "vdispl/connect.h"
#include "vdispl/dbuf.h"

/* barriers for Xen's ring.h; both ends are in one thread here */
#undef xen_mb
#undef xen_rmb
#undef xen_wmb
#define xen_mb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()

#define REQ_PORT 5
#define EVT_PORT 6
#define BUFFER 1
#define FB 2 /* and the next one */

struct xd_daemon d;
struct xd_frontend *f;
struct xd_policy policy;
struct calls calls;
struct fake_front front;
static struct xd_guest guest;
static struct xdc_work card_done; /* the card has done what was committed */
static unsigned char pages[2][4096] __attribute__((aligned(4096)));

/* ---- the guest ---- */

static void send_request(uint8_t op, const struct xendispl_req *what)
{
	struct xendispl_req *req =
		RING_GET_REQUEST(&front.ring, front.ring.req_prod_pvt);
	int notify;

	*req = *what;
	req->operation = op;
	req->id = front.id++;
	front.ring.req_prod_pvt++;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front.ring, notify);
	if (notify)
		assert_int_equal(write(front.channel[1], "!", 1), 1);
}

void front_flip(void)
{
	struct xendispl_req req = { 0 };

	front.fb = front.fb == FB ? FB + 1 : FB;
	req.op.pg_flip.fb_cookie = front.fb;
	send_request(XENDISPL_OP_PG_FLIP, &req);
}

static void think(struct xdc_timer *t)
{
	if (front.flipping)
		front_flip();
}

static void take_responses(void)
{
	int more;

	do {
		front.ring.rsp_cons = front.ring.sring->rsp_prod;
		RING_FINAL_CHECK_FOR_RESPONSES(&front.ring, more);
	} while (more);
}

static void take_event(void)
{
	front.flips++;
	if (front.thinks)
		xdc_timer_in(&front.thought, front.thinks);
	else
		think(&front.thought);
}

/* ---- calls that are counted ---- */

int __real_epoll_wait(int epfd, struct epoll_event *e, int n, int timeout);
int __wrap_epoll_wait(int epfd, struct epoll_event *e, int n, int timeout);
int __real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *e);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *e);
int __real_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

int __wrap_epoll_wait(int epfd, struct epoll_event *e, int n, int timeout)
{
	calls.waits++;
	return __real_epoll_wait(epfd, e, n, timeout);
}

int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *e)
{
	calls.watched++;
	return __real_epoll_ctl(epfd, op, fd, e);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	calls.clock += clock != CLOCK_MONOTONIC_COARSE;
	return __real_clock_gettime(clock, ts);
}

void *__wrap_malloc(size_t n)
{
	calls.allocated++;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	calls.allocated++;
	return __real_calloc(n, size);
}

xenevtchn_handle *__wrap_xenevtchn_open(struct xentoollog_logger *logger,
					unsigned int flags);
int __wrap_xenevtchn_close(xenevtchn_handle *xce);
int __wrap_xenevtchn_fd(xenevtchn_handle *xce);
int __wrap_xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
				      evtchn_port_t port);
int __wrap_xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port);
int __wrap_xenevtchn_pending(xenevtchn_handle *xce);
int __wrap_xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port);
int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);
void *__wrap_xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
				     uint32_t ref, int prot);
int __wrap_xengnttab_unmap(xengnttab_handle *xgt, void *at, uint32_t n);

xenevtchn_handle *__wrap_xenevtchn_open(struct xentoollog_logger *logger,
					unsigned int flags)
{
	return (xenevtchn_handle *)&front;
}

int __wrap_xenevtchn_close(xenevtchn_handle *xce)
{
	return 0;
}

int __wrap_xenevtchn_fd(xenevtchn_handle *xce)
{
	return front.channel[0];
}

int __wrap_xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
				      evtchn_port_t port)
{
	return (int)port;
}

int __wrap_xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

int __wrap_xenevtchn_pending(xenevtchn_handle *xce)
{
	char byte;

	calls.pending++;
	return read(front.channel[0], &byte, 1) == 1 ? REQ_PORT : -1;
}

int __wrap_xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	calls.unmasked++;
	if (front.storms)
		assert_int_equal(write(front.channel[1], "!", 1), 1);
	return 0;
}

int __wrap_xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	calls.notified++;
	if (port == EVT_PORT) {
		take_event();
		return 0;
	}
	take_responses();
	return 0;
}

void *__wrap_xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
				     uint32_t ref, int prot)
{
	return pages[ref != REQ_PORT];
}

int __wrap_xengnttab_unmap(xengnttab_handle *xgt, void *at, uint32_t n)
{
	return 0;
}

static void finish_commits(struct xdc_work *w)
{
	fake_drm_events(policy.card);
}

/* In the turn after this one */
static void finish_soon(void)
{
	xdc_loop_later(&d.loop, &card_done);
}

/* ---- the rest of the daemon ---- */

int xd_output_open(struct xdc_loop *loop, struct xd_owner *owner,
		   const struct xd_policy *p, uint32_t w, uint32_t h,
		   struct xd_output **out, struct xdc_reason *why)
{
	if (p->output == XD_OUTPUT_HEADLESS)
		return xd_headless_open(loop, p, w, h, out, why);
	return xd_kms_open(loop, p, w, h, out, why);
}

void xd_output_close(struct xd_output *o)
{
	if (o)
		o->ops->destroy(o);
}

int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *g,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_output *card, struct xd_dbuf **out)
{
	static struct xd_dbuf buf;

	buf.desc = *desc;
	buf.users = 1;
	*out = &buf;
	return 0;
}

void xd_dbuf_get(struct xd_dbuf *buf)
{
	buf->users++;
}

void xd_dbuf_put(struct xd_dbuf *buf)
{
	buf->users--;
}

bool xd_dbuf_repeats(const struct xd_dbuf *buf)
{
	return false;
}

const void *xd_dbuf_pixels(struct xd_dbuf *buf)
{
	static uint32_t pixels[64 * 64];

	return pixels;
}

void xd_dbuf_unmap(struct xd_dbuf *buf)
{
}

int xendmabuf_access_begin(int fd, unsigned int how)
{
	return 0;
}

int xendmabuf_access_end(int fd, unsigned int how)
{
	return 0;
}

int xendmabuf_directory_read(uint16_t domid, uint32_t first, uint32_t *refs,
			     size_t nr_refs)
{
	return -ENOSYS;
}

int xd_guest_charge_framebuffer(struct xd_guest *g)
{
	return 0;
}

void xd_guest_uncharge_framebuffer(struct xd_guest *g)
{
}

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	char text[200];
	va_list args;

	if (level > XDC_WARNING)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fail_msg("%s", text);
}

void xd_device_fail(struct xd_device *dev, const char *why)
{
	fail_msg("%s", why);
}

void xd_device_complain(struct xd_device *dev, const char *fmt, ...)
{
	fail_msg("%s", fmt);
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *node,
		   char *buf, unsigned int len)
{
	if (strcmp(node, XENDISPL_FIELD_RESOLUTION) || strcmp(dir, "fe/0"))
		return -ENOENT;
	snprintf(buf, len, "64x48");
	return 0;
}

int xdc_store_raw(struct xs_handle *xs, const char *dir, const char *node,
		  char *buf, unsigned int len)
{
	return -ENOENT;
}

int xdc_store_number(struct xs_handle *xs, const char *dir, const char *node,
		     uint32_t max, uint32_t *v)
{
	bool events = !strncmp(node, "evt-", 4);

	if (!events && strncmp(node, "req-", 4))
		return -ENOENT;
	*v = events ? EVT_PORT : REQ_PORT;
	return 0;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *node,
		    const char *value)
{
	return 0;
}

void xdc_printable(char *buf, uint32_t len, const char *text)
{
	*buf = '\0';
}

bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *node, uint16_t domid)
{
	return false;
}

void xd_config_policy(const struct xd_config *config, const char *name,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	*out = policy;
}

bool xd_config_has_connector(const struct xd_config *config,
			     const char *unique_id)
{
	return false;
}

static void inputs_changed(struct xd_daemon *daemon, struct xd_guest *g)
{
}

/* ---- its connection ---- */

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&d.loop);
}

void run_for(uint64_t ms)
{
	struct xdc_timer timer = { .at = 0 };

	xdc_timer_init(&d.loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	d.loop.stop = false;
	assert_int_equal(xdc_loop_run(&d.loop), 0);
	xdc_timer_fini(&timer);
}

static void attach_buffer(uint64_t fb)
{
	struct xendispl_req req = { 0 };

	req.op.fb_attach.dbuf_cookie = BUFFER;
	req.op.fb_attach.fb_cookie = fb;
	req.op.fb_attach.width = 64;
	req.op.fb_attach.height = 48;
	req.op.fb_attach.pixel_format = 0x34325258;
	send_request(XENDISPL_OP_FB_ATTACH, &req);
}

static void show_picture(void)
{
	struct xendispl_req req = { 0 };

	req.op.dbuf_create.dbuf_cookie = BUFFER;
	req.op.dbuf_create.width = 64;
	req.op.dbuf_create.height = 48;
	req.op.dbuf_create.bpp = 32;
	req.op.dbuf_create.buffer_sz = 64 * 48 * 4;
	req.op.dbuf_create.gref_directory = 8;
	send_request(XENDISPL_OP_DBUF_CREATE, &req);
	attach_buffer(FB);
	attach_buffer(FB + 1);
	memset(&req, 0, sizeof(req));
	req.op.set_config.fb_cookie = front.fb = FB;
	req.op.set_config.width = 64;
	req.op.set_config.height = 48;
	req.op.set_config.bpp = 32;
	send_request(XENDISPL_OP_SET_CONFIG, &req);
	run_for(50);
}

int connect_guest(void)
{
	struct xen_displif_sring *sring = (void *)pages[0];
	struct xd_device *dev;

	memset(&d, 0, sizeof(d));
	memset(&guest, 0, sizeof(guest));
	memset(&front, 0, sizeof(front));
	memset(pages, 0, sizeof(pages));
	SHARED_RING_INIT(sring);
	FRONT_RING_INIT(&front.ring, sring, sizeof(pages[0]));
	guest.policy = policy;
	guest.daemon = &d;
	d.inputs_changed = inputs_changed;
	d.gnttab = (xengnttab_handle *)&front;
	card_done = (struct xdc_work){ .run = finish_commits };
	drm.committed = finish_soon;
	if (pipe2(front.channel, O_NONBLOCK) || xdc_loop_init(&d.loop))
		return -1;
	xdc_timer_init(&d.loop, &front.thought, think);
	xd_budget_init(&guest.budget, &d.loop);
	dev = xd_frontend_ops.alloc(&d);
	f = LIST_FIRST(&d.frontends);
	f->daemon = &d;
	f->guest = &guest;
	snprintf(dev->fe_path, sizeof(dev->fe_path), "fe");
	if (xd_frontend_ops.connect(dev))
		return -1;
	xd_frontend_ops.connected(dev);
	show_picture();
	return 0;
}

void disconnect_guest(void)
{
	xd_frontend_ops.disconnect(&f->dev);
	run_for(50);
	xd_kms_stop();
	/* forgets which connectors were probed */
	xd_kms_hotplug();
	xd_frontend_ops.free(&f->dev);
	xd_budget_fini(&guest.budget);
	xdc_loop_fini(&d.loop);
	close(front.channel[0]);
	close(front.channel[1]);
}
