// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/number.h"
#include "meeting.h"

#define VERSION "1"
#define TRIES 10
/* Smaller references are those of the console and of xenstore */
#define FIRST_REF 8U
/* Numbers of up to ten digits, and blanks */
#define REFS_TEXT (XCH_TRANSPORT_REFS * 11 + 1)

void xch_meeting_path(char *path, uint16_t owner, uint16_t reader)
{
	snprintf(path, XCH_MEETING_PATH, "/local/domain/%u/data/xen-channel/%u",
		 owner, reader);
}

static bool copy_generation(char *out, const char *text)
{
	if (strlen(text) != XCH_GENERATION - 1 ||
	    strspn(text, "0123456789abcdef") != XCH_GENERATION - 1)
		return false;
	strcpy(out, text);
	return true;
}

static bool parse_refs(const char *text, uint32_t *refs)
{
	const char *end = text;
	unsigned int i;

	for (i = 0; i < XCH_TRANSPORT_REFS; i++) {
		if (i && *end++ != ' ')
			return false;
		if (xdc_parse_digits(end, UINT32_MAX, &refs[i], &end) ||
		    refs[i] < FIRST_REF)
			return false;
	}
	return !*end;
}

static int parse_offer(const struct xch_meeting_text *text,
		       struct xch_meeting *out)
{
	out->offers = text->ring_refs || text->event_channel;
	if (!out->offers)
		return 0;
	if (!text->ring_refs || !text->event_channel)
		return -EPROTO;
	if (!parse_refs(text->ring_refs, out->offer.refs) ||
	    xdc_parse_number(text->event_channel, UINT32_MAX, &out->offer.port))
		return -EPROTO;
	return 0;
}

int xch_meeting_parse(const struct xch_meeting_text *text,
		      struct xch_meeting *out)
{
	memset(out, 0, sizeof(*out));
	if (!text->generation)
		return -ENOENT;
	if (!text->version || strcmp(text->version, VERSION))
		return -EPROTONOSUPPORT;
	if (!copy_generation(out->generation, text->generation))
		return -EPROTO;
	if (text->bound_to && *text->bound_to &&
	    !copy_generation(out->bound_to, text->bound_to))
		return -EPROTO;
	return parse_offer(text, out);
}

int xch_meeting_new(struct xch_meeting *m)
{
	uint64_t bits;

	memset(m, 0, sizeof(*m));
	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return -errno;
	snprintf(m->generation, sizeof(m->generation), "%016" PRIx64, bits);
	return 0;
}

static void format_refs(char *text, const uint32_t *refs)
{
	unsigned int i;
	int at = 0;

	for (i = 0; i < XCH_TRANSPORT_REFS; i++)
		at += snprintf(text + at, REFS_TEXT - (size_t)at, "%s%u",
			       i ? " " : "", refs[i]);
}

/* false: errno is set */
static bool write_node(struct xs_handle *xs, xs_transaction_t t,
		       const char *dir, const char *name, const char *value)
{
	char path[XCH_MEETING_PATH + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return xs_write(xs, t, path, value, (unsigned int)strlen(value));
}

static bool write_offer(struct xs_handle *xs, xs_transaction_t t,
			const char *dir, const struct xch_transport_offer *o)
{
	char refs[REFS_TEXT], port[12];

	format_refs(refs, o->refs);
	snprintf(port, sizeof(port), "%u", o->port);
	return write_node(xs, t, dir, "ring-refs", refs) &&
	       write_node(xs, t, dir, "event-channel", port);
}

/* New nodes take the permissions of their directory */
static bool write_all(struct xs_handle *xs, xs_transaction_t t, const char *dir,
		      uint16_t self, uint16_t peer, const struct xch_meeting *m)
{
	struct xs_permissions perms[] = {
		{ .id = self, .perms = XS_PERM_NONE },
		{ .id = peer, .perms = XS_PERM_READ },
	};

	if (!xs_rm(xs, t, dir) && errno != ENOENT)
		return false;
	return xs_mkdir(xs, t, dir) &&
	       xs_set_permissions(xs, t, dir, perms, 2) &&
	       write_node(xs, t, dir, "version", VERSION) &&
	       write_node(xs, t, dir, "generation", m->generation) &&
	       write_node(xs, t, dir, "bound-to", m->bound_to) &&
	       (!m->offers || write_offer(xs, t, dir, &m->offer));
}

static int last_error(void)
{
	return errno ? -errno : -EIO;
}

int xch_meeting_write(struct xs_handle *xs, uint16_t self, uint16_t peer,
		      const struct xch_meeting *m)
{
	char dir[XCH_MEETING_PATH];
	unsigned int tries;
	xs_transaction_t t;
	int err = -EAGAIN;

	xch_meeting_path(dir, self, peer);
	for (tries = 0; tries < TRIES && err == -EAGAIN; tries++) {
		t = xs_transaction_start(xs);
		if (t == XBT_NULL)
			return last_error();
		err = write_all(xs, t, dir, self, peer, m) ? 0 : last_error();
		if (!xs_transaction_end(xs, t, err) && !err)
			err = last_error();
	}
	return err;
}

/* @value: NULL if there is no such node, or the peer lets this domain not read it */
static int read_node(struct xs_handle *xs, xs_transaction_t t, const char *dir,
		     const char *name, char **value)
{
	char path[XCH_MEETING_PATH + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*value = xs_read(xs, t, path, NULL);
	return *value || errno == ENOENT || errno == EACCES ? 0 : last_error();
}

static const char *const node_names[] = {
	"version", "generation", "bound-to", "ring-refs", "event-channel",
};

#define NODES (sizeof(node_names) / sizeof(node_names[0]))

/* In a transaction, so that all are of one time.  EAGAIN: they are not. */
static int read_once(struct xs_handle *xs, const char *dir, char **nodes)
{
	xs_transaction_t t = xs_transaction_start(xs);
	unsigned int i;
	int err = 0;

	if (t == XBT_NULL)
		return last_error();
	for (i = 0; i < NODES && !err; i++)
		err = read_node(xs, t, dir, node_names[i], &nodes[i]);
	if (!xs_transaction_end(xs, t, err) && !err)
		err = last_error();
	return err;
}

static void free_nodes(char **nodes)
{
	unsigned int i;

	for (i = 0; i < NODES; i++)
		free(nodes[i]);
}

int xch_meeting_read(struct xs_handle *xs, uint16_t peer, uint16_t self,
		     struct xch_meeting *out)
{
	char dir[XCH_MEETING_PATH], *nodes[NODES] = { NULL };
	struct xch_meeting_text text;
	unsigned int tries;
	int err = -EAGAIN;

	xch_meeting_path(dir, peer, self);
	for (tries = 0; tries < TRIES && err == -EAGAIN; tries++) {
		err = read_once(xs, dir, nodes);
		if (err) {
			free_nodes(nodes);
			memset(nodes, 0, sizeof(nodes));
		}
	}
	if (err)
		return err;
	text.version = nodes[0];
	text.generation = nodes[1];
	text.bound_to = nodes[2];
	text.ring_refs = nodes[3];
	text.event_channel = nodes[4];
	err = xch_meeting_parse(&text, out);
	free_nodes(nodes);
	return err;
}

void xch_meeting_remove(struct xs_handle *xs, uint16_t self, uint16_t peer)
{
	char dir[XCH_MEETING_PATH];

	xch_meeting_path(dir, self, peer);
	xs_rm(xs, XBT_NULL, dir);
}

void xch_meeting_remove_all(struct xs_handle *xs, uint16_t self)
{
	char dir[XCH_MEETING_PATH];

	snprintf(dir, sizeof(dir), "/local/domain/%u/data/xen-channel", self);
	xs_rm(xs, XBT_NULL, dir);
}
