// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-driver.h"
#include "fake-kinds.h"
#include "told.h"

static struct xch_memory_maker maker;

/*
 * A socket passes for a dma-buf: unlike memory it can be watched, and unlike an eventfd
 * it has its own inode
 */
static int make_socket(const struct xch_memory_maker *m, int memfd,
		       uint64_t offset, uint64_t size)
{
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	close(ends[1]);
	return ends[0];
}

int told_begin(void **state)
{
	fake_kinds_reset();
	if (!maker.make)
		assert_int_equal(xch_made_init(&maker.made), 0);
	maker.make = make_socket;
	maker.max = 1 << 20;
	links_prepare();
	links_config.hub.maker = &maker;
	links_config.hub.linger = 0;
	return links_meet();
}

int told_add(struct link_end *e, struct xch_channel *ch)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_CLOEXEC |
					    SOCK_NONBLOCK,
				    0, sv),
			 0);
	assert_int_equal(xch_notifier_create(&e->link.hub.notifiers, sv[1],
					     true, false, &ch->notifier),
			 0);
	return sv[0];
}

void told_ask(int socket, uint32_t type, uint32_t ms, const int *fd)
{
	struct xcw_request r = { .type = type, .ms = ms };

	assert_int_equal(xdc_socket_send(socket, &r, sizeof(r), fd, !!fd),
			 sizeof(r));
	links_settle();
}

struct told told_open(void)
{
	struct told t = { .p = links_open(XCH_SEQPACKET) };

	t.near = told_add(&links_client, t.p.near_ch);
	t.far = told_add(&links_server, t.p.far_ch);
	told_ask(t.near, XCW_SUBSCRIBE, 0, NULL);
	told_ask(t.far, XCW_SUBSCRIBE, 0, NULL);
	fake_kind = XCH_KIND_DMABUF;
	return t;
}

void told_close(struct told *t)
{
	close(t->near);
	close(t->far);
	links_close(&t->p);
	links_settle();
	assert_int_equal(links_client.link.hub.notifiers.nr, 0);
	assert_int_equal(links_server.link.hub.notifiers.nr, 0);
}

/* The next event; @fd: what came with it, or -1 */
struct xendmabuf_channel_event told_next(int socket, int *fd)
{
	struct xendmabuf_channel_event event;
	int fds[XDC_SOCKET_FDS];
	unsigned int nr;

	assert_int_equal(xdc_socket_receive(socket, &event, sizeof(event), fds,
					    &nr),
			 sizeof(event));
	assert_true(nr <= 1);
	*fd = nr ? fds[0] : -1;
	return event;
}

struct xendmabuf_channel_event told_expect(int socket, uint32_t type)
{
	int fd;
	struct xendmabuf_channel_event event = told_next(socket, &fd);

	assert_int_equal(event.type, type);
	assert_int_equal(fd, -1);
	return event;
}

void told_expect_result(int socket, int error)
{
	assert_int_equal(told_expect(socket, XCW_RESULT).error, error);
}

void told_expect_nothing(int socket)
{
	char byte;

	assert_int_equal(recv(socket, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

void told_expect_end(int socket)
{
	char byte;

	assert_int_equal(recv(socket, &byte, 1, MSG_DONTWAIT), 0);
}

void told_is_about(const struct xendmabuf_channel_event *event, int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(event->ino, st.st_ino);
	assert_int_equal(event->dev, st.st_dev);
}

int told_make_dmabuf(void)
{
	int fd = memfd_create("dma-buf", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, 8192), 0);
	return fd;
}

/* Its descriptor at the far end */
int told_send_buffer(struct told *t, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), fds[XDC_SOCKET_FDS];

	links_send(t->p.near, "frame", &copy, 1);
	links_settle();
	assert_int_equal(links_receive(t->p.far, "frame", fds), 1);
	return fds[0];
}

/* Both ends' kernels have confirmed it */
void told_return_all(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_LEASES; i++) {
		if (!fake_leases[i].open || !fake_leases[i].map)
			continue;
		fake_return(&fake_leases[i]);
	}
	links_settle();
	for (i = 0; i < FAKE_LEASES; i++)
		if (fake_leases[i].open)
			fake_return(&fake_leases[i]);
	links_settle();
}
