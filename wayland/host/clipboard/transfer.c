// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/fd-socket.h"
#include "common/log.h"
#include "host/clipboard/transfer.h"
#include "wire/fds.h"

#define KIB 1024U
#define FIRST_SIZE 4096U
#define PIECE 65536U /* that a pipe holds */

struct xwl_transfer {
	LIST_ENTRY(xwl_transfer) entry;
	struct xdc_loop *loop;
	struct xwl_account *account;
	struct xdc_source from, to;
	struct xdc_timer limit;
	uint8_t *bytes;
	size_t len, size;
	size_t staged,
		sent; /* bytes in or behind the pipe below; at their end */
	/*
	 * Where @to is a pipe, bytes go through one of this process' own: only
	 * splice() never waits for a pipe that other processes have, too.
	 */
	bool piped;
	int staging[2];
};

__attribute__((format(printf, 2, 3))) static void
complain(const struct xwl_account *a, const char *fmt, ...)
{
	static struct xdc_bucket bucket;
	va_list args;

	va_start(args, fmt);
	xdc_vlog(XDC_WARNING, &bucket, a->policy->guest, fmt, args);
	va_end(args);
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void end_transfer(struct xwl_transfer *t)
{
	LIST_REMOVE(t, entry);
	xdc_timer_fini(&t->limit);
	xdc_loop_remove(t->loop, &t->from);
	xdc_loop_remove(t->loop, &t->to);
	close_if_open(t->from.fd);
	close_if_open(t->to.fd);
	close_if_open(t->staging[0]);
	close_if_open(t->staging[1]);
	xwl_account_refund(t->account, XWL_TRANSFERS, 1);
	free(t->bytes);
	free(t);
}

static size_t max_bytes(const struct xwl_transfer *t)
{
	return (size_t)t->account->policy->max[XWL_CLIPBOARD_SIZE] * KIB;
}

static void limit_reached(struct xdc_timer *timer)
{
	struct xwl_transfer *t =
		container_of(timer, struct xwl_transfer, limit);

	complain(t->account,
		 "clipboard: not pasted: it took longer than %s = %u seconds",
		 xwl_limit_name(XWL_CLIPBOARD_TIME),
		 t->account->policy->max[XWL_CLIPBOARD_TIME]);
	end_transfer(t);
}

static bool grow_buffer(struct xwl_transfer *t)
{
	size_t size = t->size ? t->size * 2 : FIRST_SIZE;
	uint8_t *grown;

	/* one byte more than is allowed tells that it is too much */
	if (size > max_bytes(t) + 1)
		size = max_bytes(t) + 1;
	grown = realloc(t->bytes, size);
	if (!grown)
		return false;
	t->bytes = grown;
	t->size = size;
	return true;
}

static void end_collecting(struct xwl_transfer *t)
{
	xdc_loop_remove(t->loop, &t->from);
	close(t->from.fd);
	t->from.fd = -1;
	if (!t->len || xdc_loop_add(t->loop, &t->to, EPOLLOUT))
		end_transfer(t);
}

static void from_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_transfer *t = container_of(s, struct xwl_transfer, from);
	ssize_t n;

	if (t->len == t->size && !grow_buffer(t)) {
		complain(t->account, "clipboard: not pasted: out of memory");
		end_transfer(t);
		return;
	}
	n = read(s->fd, t->bytes + t->len, t->size - t->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		end_transfer(t);
		return;
	}
	t->len += (size_t)n;
	if (t->len > max_bytes(t)) {
		complain(t->account,
			 "clipboard: not pasted: more than %s = %u KiB",
			 xwl_limit_name(XWL_CLIPBOARD_SIZE),
			 t->account->policy->max[XWL_CLIPBOARD_SIZE]);
		end_transfer(t);
	} else if (!n) {
		end_collecting(t);
	}
}

static ssize_t send_piped(struct xwl_transfer *t)
{
	size_t left = t->len - t->staged;
	ssize_t n = left ? write(t->staging[1], t->bytes + t->staged,
				 left < PIECE ? left : PIECE)
			 : 0;

	if (n > 0)
		t->staged += (size_t)n;
	n = splice(t->staging[0], NULL, t->to.fd, NULL, PIECE,
		   SPLICE_F_NONBLOCK);
	return n < 0 ? -errno : n;
}

static void to_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_transfer *t = container_of(s, struct xwl_transfer, to);
	ssize_t n;

	if (t->piped)
		n = send_piped(t);
	else
		n = xdc_socket_send(s->fd, t->bytes + t->sent, t->len - t->sent,
				    NULL, 0);
	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n > 0)
		t->sent += (size_t)n;
	if (n <= 0 || t->sent == t->len)
		end_transfer(t);
}

static int begin_transfer(struct xwl_transfer *t)
{
	t->piped = xwl_fd_is_pipe(t->to.fd);
	if (t->piped && pipe2(t->staging, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	return xdc_loop_add(t->loop, &t->from, EPOLLIN);
}

static int refuse_transfer(const struct xwl_account *a, int err, int from,
			   int to, const char *why)
{
	complain(a, "clipboard: not pasted: %s", why);
	close(from);
	close(to);
	return err;
}

int xwl_transfer_start(struct xdc_loop *loop, struct xwl_account *account,
		       struct xwl_transfers *list, int from, int to)
{
	struct xwl_transfer *t;
	struct xdc_reason why;
	int err;

	err = xwl_account_charge(account, XWL_TRANSFERS, 1, &why);
	if (err)
		return refuse_transfer(account, err, from, to, why.text);
	t = calloc(1, sizeof(*t));
	if (!t) {
		xwl_account_refund(account, XWL_TRANSFERS, 1);
		return refuse_transfer(account, -ENOMEM, from, to,
				       "out of memory");
	}
	t->loop = loop;
	t->account = account;
	t->from = (struct xdc_source){ .fd = from, .ready = from_ready };
	t->to = (struct xdc_source){ .fd = to, .ready = to_ready };
	t->staging[0] = t->staging[1] = -1;
	xdc_timer_init(loop, &t->limit, limit_reached);
	xdc_timer_in(&t->limit,
		     account->policy->max[XWL_CLIPBOARD_TIME] * XDC_NS_PER_S);
	LIST_INSERT_HEAD(list, t, entry);
	err = begin_transfer(t);
	if (!err)
		return 0;
	complain(account, "clipboard: not pasted: %s", strerror(-err));
	end_transfer(t);
	return err;
}

void xwl_transfers_end(struct xwl_transfers *list)
{
	while (!LIST_EMPTY(list))
		end_transfer(LIST_FIRST(list));
}
