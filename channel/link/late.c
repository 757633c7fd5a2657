// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/container_of.h"
#include "link/fence.h"
#include "link/late.h"

struct xch_late {
	TAILQ_ENTRY(xch_late) all, talk;
	struct xch_late_set *set;
	/* sent: a sync_file, in the loop.  Come: an eventfd, or -1 */
	struct xdc_source source;
	uint32_t id;
	uint64_t give_up; /* ns; sent */
	bool over; /* sent: SIGNAL has to be said */
	int err; /* sent: how it has ended, 0 or negative */
};

static void give_up_late(struct xdc_timer *t);

void xch_late_init(struct xch_late_set *set, struct xdc_loop *loop,
		   unsigned int max_theirs, uint64_t timeout,
		   const struct xch_late_ops *ops)
{
	memset(set, 0, sizeof(*set));
	set->loop = loop;
	set->ops = ops;
	set->max_theirs = max_theirs;
	set->timeout = timeout;
	TAILQ_INIT(&set->sent);
	TAILQ_INIT(&set->come);
	TAILQ_INIT(&set->talking);
	xdc_timer_init(loop, &set->timer, give_up_late);
}

static struct xch_late *create_late(struct xch_late_set *set, uint32_t id,
				    int fd)
{
	struct xch_late *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->set = set;
	l->id = id;
	l->source.fd = fd;
	return l;
}

static void close_file(struct xch_late *l)
{
	if (l->source.fd >= 0)
		close(l->source.fd);
	l->source.fd = -1;
}

static void set_timer(struct xch_late_set *set)
{
	struct xch_late *l;

	/* all may take the same time: the first one that waits is the next */
	TAILQ_FOREACH(l, &set->sent, all)
	if (!l->over)
		break;
	xdc_timer_at(&set->timer, l ? l->give_up : 0);
}

static void end_sent(struct xch_late *l, int err)
{
	struct xch_late_set *set = l->set;

	xdc_loop_remove(set->loop, &l->source);
	close_file(l);
	l->over = true;
	l->err = err;
	TAILQ_INSERT_TAIL(&set->talking, l, talk);
	set->ops->wake(set);
}

static void fence_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_late *l = container_of(s, struct xch_late, source);
	int err = xch_fence_status(s->fd);

	if (err == -EINPROGRESS)
		return;
	end_sent(l, err);
	set_timer(l->set);
}

static void give_up_late(struct xdc_timer *t)
{
	struct xch_late_set *set = container_of(t, struct xch_late_set, timer);
	uint64_t now = xdc_now();
	struct xch_late *l;

	TAILQ_FOREACH(l, &set->sent, all)
	if (!l->over && l->give_up <= now)
		end_sent(l, -ETIME);
	set_timer(set);
}

int xch_late_create(struct xch_late_set *set, int sync_file,
		    struct xch_late **out)
{
	int fd = fcntl(sync_file, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*out = create_late(set, 0, fd);
	if (*out)
		return 0;
	close(fd);
	return -ENOMEM;
}

void xch_late_destroy(struct xch_late *late)
{
	if (!late)
		return;
	close_file(late);
	free(late);
}

bool xch_late_has_room(const struct xch_late_set *set, unsigned int nr)
{
	return nr <= set->max_ours && set->ours <= set->max_ours - nr;
}

/* 0 names none */
static uint32_t next_id(uint32_t last)
{
	return last == UINT32_MAX ? 1 : last + 1;
}

uint32_t xch_late_send(struct xch_late *late)
{
	struct xch_late_set *set = late->set;

	late->source.ready = fence_ready;
	late->id = set->last_ours = next_id(set->last_ours);
	late->give_up = xdc_now() + set->timeout;
	TAILQ_INSERT_TAIL(&set->sent, late, all);
	set->ours++;
	if (xch_fence_signalled(late->source.fd))
		end_sent(late, xch_fence_status(late->source.fd));
	else if (xdc_loop_add(set->loop, &late->source, EPOLLIN))
		end_sent(late, -ENOMEM);
	set_timer(set);
	return late->id;
}

/*
 * Two descriptors of one eventfd: for the program, and for this end, which must not
 * wait if the program has written into it
 */
static int make_event(struct xch_late *l, int *fd)
{
	l->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->source.fd < 0)
		return -errno;
	*fd = fcntl(l->source.fd, F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

int xch_late_come(struct xch_late_set *set, uint32_t id, int *fd)
{
	struct xch_late *l;

	if (id != next_id(set->last_theirs) || set->theirs >= set->max_theirs)
		return -EPROTO;
	l = create_late(set, id, -1);
	if (!l)
		return -ENOMEM;
	set->last_theirs = id;
	set->theirs++;
	TAILQ_INSERT_TAIL(&set->come, l, all);
	/* without an eventfd it is still pending: SIGNAL will be said */
	return fd ? make_event(l, fd) : 0;
}

static void end_come(struct xch_late *l, int err)
{
	uint64_t value = err ? (uint64_t)-err << 1 : 1;

	if (l->source.fd >= 0 &&
	    write(l->source.fd, &value, sizeof(value)) < 0) {
		/* an eventfd that is full is readable */
	}
	close_file(l);
	TAILQ_REMOVE(&l->set->come, l, all);
	l->set->theirs--;
	free(l);
}

int xch_late_receive(struct xch_late_set *set, const struct xch_frame *f)
{
	struct xch_late *l;
	uint32_t err;

	xch_parse_numbers(f, &err, 1);
	TAILQ_FOREACH(l, &set->come, all)
	if (l->id == f->arg)
		break;
	if (!l || err > XCH_ERRNO_MAX)
		return -EPROTO;
	end_come(l, -(int)err);
	return 0;
}

size_t xch_late_next(struct xch_late_set *set, uint8_t *out)
{
	struct xch_late *l = TAILQ_FIRST(&set->talking);
	uint32_t err, id;

	if (!l)
		return 0;
	err = (uint32_t)-l->err;
	id = l->id;
	TAILQ_REMOVE(&set->talking, l, talk);
	TAILQ_REMOVE(&set->sent, l, all);
	set->ours--;
	free(l);
	set->ops->room(set);
	return xch_put_numbers(out, XCH_SIGNAL, 0, id, &err, 1);
}

void xch_late_fini(struct xch_late_set *set)
{
	struct xch_late *l;

	while ((l = TAILQ_FIRST(&set->sent))) {
		xdc_loop_remove(set->loop, &l->source);
		TAILQ_REMOVE(&set->sent, l, all);
		xch_late_destroy(l);
	}
	TAILQ_INIT(&set->talking);
	while ((l = TAILQ_FIRST(&set->come)))
		end_come(l, -EPIPE);
	xdc_timer_fini(&set->timer);
}
