// SPDX-License-Identifier: GPL-2.0-only
/* dom0's end of the agent's protocol */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "common.h"

/* memory pressure and 8,100 pages are slow under emulation on a busy machine */
#define RPC_TIMEOUT_MS 240000

long agent_value[AGENT_VALUES];

static uint16_t peer;
static bool silent; /* no answer once: do not wait for it again */

void agent_use(uint16_t domid)
{
	peer = domid;
	silent = false;
}

/* xenstore is opened for each call: no descriptor stays to disturb the counts */
static char *store_read(struct xs_handle *xs, uint16_t domid, const char *key)
{
	char path[64];
	unsigned int len;

	snprintf(path, sizeof(path), "/local/domain/%u/data/%s", domid, key);
	return xs_read(xs, XBT_NULL, path, &len);
}

static unsigned long store_seq(struct xs_handle *xs, const char *key)
{
	char *text = store_read(xs, peer, key);
	unsigned long seq = text ? strtoul(text, NULL, 10) : 0;

	free(text);
	return seq;
}

/* the answer to @seq, malloc'ed, or NULL after the time limit */
static char *await_reply(struct xs_handle *xs, unsigned long seq)
{
	int64_t end = now_ms() + RPC_TIMEOUT_MS;
	struct pollfd p = { .fd = xs_fileno(xs), .events = POLLIN };
	char *text, **event;

	for (;;) {
		text = store_read(xs, peer, "reply");
		if (text && strtoul(text, NULL, 10) == seq)
			return text;
		free(text);
		if (now_ms() > end)
			return NULL;
		if (poll(&p, 1, 1000) > 0) {
			event = xs_check_watch(xs);
			free(event);
		}
	}
}

static int parse_reply(const char *reply)
{
	const char *at = strchr(reply, ' ');
	char *end;
	int i;

	memset(agent_value, 0, sizeof(agent_value));
	if (!at)
		return -EPROTO;
	at++;
	if (!strncmp(at, "ERR ", 4))
		return -atoi(at + 4);
	if (strncmp(at, "OK", 2))
		return -EPROTO;
	at += 2;
	for (i = 0; i < AGENT_VALUES && *at; i++) {
		agent_value[i] = strtol(at, &end, 10);
		at = end;
	}
	return 0;
}

static int agent_ask(const char *line)
{
	char path[64], text[600], *reply;
	unsigned long seq, answered;
	struct xs_handle *xs;
	int err = -EIO;

	if (silent)
		return -ENOTCONN;
	xs = xs_open(0);
	if (!xs)
		return -ENOTCONN;
	seq = store_seq(xs, "cmd");
	answered = store_seq(xs, "reply");
	seq = (seq > answered ? seq : answered) + 1;

	snprintf(path, sizeof(path), "/local/domain/%u/data/reply", peer);
	if (!xs_watch(xs, path, "reply"))
		goto out;
	snprintf(path, sizeof(path), "/local/domain/%u/data/cmd", peer);
	snprintf(text, sizeof(text), "%lu %s", seq, line);
	if (!xs_write(xs, XBT_NULL, path, text, strlen(text)))
		goto out;
	reply = await_reply(xs, seq);
	silent = !reply;
	err = reply ? parse_reply(reply) : -ETIMEDOUT;
	free(reply);
out:
	xs_close(xs);
	return err;
}

int agent_try(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return agent_ask(line);
}

long agent(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	err = agent_ask(line);
	if (err)
		fail_msg("agent of domain %u: \"%s\": %s", peer, line,
			 strerror(-err));
	return agent_value[0];
}

int agent_wait_ready(uint16_t domid)
{
	const char *limit = getenv("GUEST_LIMIT");
	int64_t end = now_ms() + 1000 * (limit ? atoi(limit) : 240);
	struct xs_handle *xs = xs_open(0);
	bool ready = false;
	char *text;

	if (!xs)
		return -ENOTCONN;
	while (!ready && now_ms() < end) {
		text = store_read(xs, domid, "ready");
		ready = text;
		free(text);
		if (!ready)
			sleep_ms(100);
	}
	xs_close(xs);
	return ready ? 0 : -ETIMEDOUT;
}
