// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "control.h"
#include "entrance.h"
#include "fake-store.h"
#include "hosts.h"
#include "lib/channel/wire.h"
#include "peers.h"
#include "service.h"
#include "transport.h"

#define RINGS 64
#define RING_BYTES ((1 + 2 * XCH_RING_PAGES) * XCH_PAGE)
#define PORT 100

struct host hosts[HOSTS];
char hosts_folder[64];
unsigned int hosts_offers, hosts_binds;
int hosts_transport_error;
uint64_t hosts_link_patience, hosts_worker_patience;

static struct {
	int memory, event[2]; /* by the role that waits for it */
} rings[RINGS];

static int again(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void take_ring(unsigned int i, enum xch_role role,
		      struct xch_transport *t)
{
	xch_transport_init(t);
	t->ring = again(rings[i].memory);
	t->event = again(rings[i].event[role]);
	t->notify = again(rings[i].event[!role]);
	t->bytes_at[XCH_SERVER] = XCH_PAGE;
	t->bytes_at[XCH_CLIENT] = (1 + XCH_RING_PAGES) * XCH_PAGE;
}

static void make_ring(unsigned int i)
{
	struct xch_ring_memory memory = { .pages = XCH_RING_PAGES };

	rings[i].memory = memfd_create("ring", MFD_CLOEXEC);
	assert_int_equal(ftruncate(rings[i].memory, RING_BYTES), 0);
	memory.control = mmap(NULL, XCH_PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED, rings[i].memory, 0);
	assert_true(memory.control != MAP_FAILED);
	xch_ring_format(&memory);
	munmap(memory.control, XCH_PAGE);
	rings[i].event[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rings[i].event[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static int fake_offer(uint16_t domid, struct xch_transport *t,
		      struct xch_transport_offer *offer, struct xdc_reason *why)
{
	unsigned int i, k = hosts_offers;

	if (hosts_transport_error)
		return xdc_reason_set(why, hosts_transport_error, "no ring: %s",
				      strerror(-hosts_transport_error));
	assert_true(k < RINGS);
	hosts_offers++;
	make_ring(k);
	take_ring(k, XCH_SERVER, t);
	for (i = 0; i < XCH_TRANSPORT_REFS; i++)
		offer->refs[i] = 8 + i;
	offer->port = PORT + k;
	return 0;
}

static int fake_bind(uint16_t domid, const struct xch_transport_offer *offer,
		     struct xch_transport *t, struct xdc_reason *why)
{
	unsigned int i = offer->port - PORT;

	hosts_binds++;
	if (hosts_transport_error || i >= hosts_offers)
		return xdc_reason_set(why, -EINVAL, "no such event channel");
	take_ring(i, XCH_CLIENT, t);
	return 0;
}

static const struct xch_transport_ops fake_transport = {
	.offer = fake_offer,
	.bind = fake_bind,
};

static void write_config(const struct host *h, const char *text)
{
	FILE *f = fopen(h->config, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct xch_config *load(const struct host *h, const char *text)
{
	struct xch_config *c;
	struct xdc_reason why;

	write_config(h, text);
	if (xch_config_load(h->config, &c, &why))
		fail_msg("%s", why.text);
	return c;
}

static void stop_turn(struct xdc_work *w)
{
	struct host *h = container_of(w, struct host, stop);

	xdc_loop_stop(&h->d.loop);
}

void host_start(struct host *h, uint16_t domid, const char *config)
{
	const char *program = getenv("XCH_DAEMON");
	struct xch_daemon *d = &h->d;
	struct xdc_reason why;

	memset(h, 0, sizeof(*h));
	assert_non_null(program);
	h->domid = domid;
	h->stop.run = stop_turn;
	snprintf(h->config, sizeof(h->config), "%s/%u.conf", hosts_folder,
		 domid);
	snprintf(h->control, sizeof(h->control), "%s/%u.control", hosts_folder,
		 domid);
	d->try_delay = 200 * XDC_NS_PER_MS;
	d->link_patience = hosts_link_patience;
	d->worker_patience = hosts_worker_patience;
	d->program = program;
	d->transport = &fake_transport;
	d->peer_ops = &xch_service_ops;
	d->idle_dmabuf = d->udmabuf = -1;
	/* once is enough for all tests */
	d->told_no_driver = true;
	assert_int_equal(xdc_loop_init(&d->loop), 0);
	xch_children_init(&d->children, &d->loop);
	d->config = load(h, config);
	assert_int_equal(xch_control_start(d, h->control), 0);
	store_domid = domid;
	if (xch_peers_start(d, &why))
		fail_msg("%s", why.text);
	xch_entrances_update(d);
	h->up = true;
}

void host_reload(struct host *h, const char *config)
{
	xch_config_free(h->d.config);
	h->d.config = load(h, config);
	xch_control_update(&h->d);
	xch_entrances_update(&h->d);
	xch_peers_update(&h->d);
}

void host_stop(struct host *h)
{
	struct xch_daemon *d = &h->d;

	if (!h->up)
		return;
	h->up = false;
	xch_entrances_stop(d);
	xch_peers_stop(d);
	xch_control_stop(d);
	xch_children_fini(&d->children);
	xch_config_free(d->config);
	xdc_loop_fini(&d->loop);
}

void host_kill(struct host *h)
{
	struct xch_peer *p;

	/* nothing can be written, and nothing removed, by who was killed */
	LIST_FOREACH(p, &h->d.peers, link)
		xch_process_stop(&p->process);
	store_freeze(true);
	host_stop(h);
	store_freeze(false);
}

void hosts_turn(void)
{
	struct pollfd p[HOSTS];
	unsigned int i, n = 0;

	for (i = 0; i < HOSTS; i++) {
		struct xch_daemon *d = &hosts[i].d;

		if (!hosts[i].up)
			continue;
		d->loop.stop = false;
		xdc_loop_later(&d->loop, &hosts[i].stop);
		assert_int_equal(xdc_loop_run(&d->loop), 0);
		p[n].fd = d->loop.epfd;
		p[n++].events = POLLIN;
	}
	/* work that is left is not seen by poll() */
	poll(p, n, 2);
}

int host_run_alone(struct host *h)
{
	unsigned int turns;
	int err = 0;

	for (turns = 0; turns < 10 && !err; turns++) {
		h->d.loop.stop = false;
		xdc_loop_later(&h->d.loop, &h->stop);
		err = xdc_loop_run(&h->d.loop);
	}
	return err;
}

struct xch_peer *host_peer(const struct host *h, uint16_t domid)
{
	return xch_peer_find(&h->d, domid);
}

bool host_linked(const struct host *h, uint16_t domid)
{
	const struct xch_peer *p = host_peer(h, domid);

	return p && p->state == XCH_PEER_LINKED;
}

int host_ask(const struct host *h, const char *request)
{
	int fd = xdc_unix_connect(h->control, SOCK_SEQPACKET);

	assert_true(fd >= 0);
	assert_int_equal(send(fd, request, strlen(request), 0),
			 strlen(request));
	return fd;
}

int host_expect_answer(int fd, const char *text)
{
	char line[XCW_LINE_MAX] = "";
	int fds[XDC_SOCKET_FDS];
	unsigned int nr;

	hosts_wait(host_readable(fd));
	assert_true(xdc_socket_receive(fd, line, sizeof(line) - 1, fds, &nr) >=
		    0);
	assert_string_equal(line, text);
	assert_true(nr <= 1);
	return nr ? fds[0] : -1;
}

char *host_read(const struct host *h, const char *request)
{
	static char text[8192];
	int control = host_ask(h, request),
	    fd = host_expect_answer(control, "ok");
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	host_expect_end(control);
	return text;
}

bool host_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

void host_expect_text(int fd, const char *text)
{
	char got[256];
	size_t at = 0;
	ssize_t n;

	while (at < strlen(text)) {
		hosts_wait(host_readable(fd));
		n = recv(fd, got + at, sizeof(got) - at, MSG_DONTWAIT);
		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_int_equal(at, strlen(text));
	assert_memory_equal(got, text, at);
}

void host_expect_echo(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	host_expect_text(fd, text);
}

void host_expect_end(int fd)
{
	char byte;
	ssize_t n;

	hosts_wait(host_readable(fd));
	n = recv(fd, &byte, 1, MSG_DONTWAIT);
	/* what was sent and is not read any more makes it a reset */
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

int hosts_begin(void **state)
{
	snprintf(hosts_folder, sizeof(hosts_folder), "/tmp/hosts-XXXXXX");
	assert_non_null(mkdtemp(hosts_folder));
	store_reset();
	store_add_domain(0, "Domain-0");
	store_add_domain(3, "work");
	store_add_domain(7, "gui");
	hosts_offers = hosts_binds = 0;
	hosts_transport_error = 0;
	hosts_link_patience = 0;
	hosts_worker_patience = HOST_PATIENCE;
	return 0;
}

int hosts_end(void **state)
{
	char command[128];
	unsigned int i;

	for (i = 0; i < HOSTS; i++)
		host_stop(&hosts[i]);
	for (i = 0; i < hosts_offers; i++) {
		close(rings[i].memory);
		close(rings[i].event[0]);
		close(rings[i].event[1]);
	}
	snprintf(command, sizeof(command), "rm -rf %s", hosts_folder);
	return system(command);
}
