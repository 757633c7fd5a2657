// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "fuzz-store.h"
#include "vdispl/proto.h"

#define BE STORE_BE
#define FE STORE_FE

struct store_node store_nodes[STORE_NODES];
unsigned int store_count, store_first, store_watches;
bool store_toolstacks;

static void must(bool good)
{
	if (!good)
		abort();
}

static void add_node(const char *dir, const char *name)
{
	struct store_node *n = &store_nodes[store_count++];

	snprintf(n->path, sizeof(n->path), "%s/%s", dir, name);
}

void store_make(void)
{
	static const char *const ours[] = { "frontend-id",  "online",
					    "state",	    "versions",
					    "resolution-0", "resolution-1",
					    "resolution-2", "resolution-3" };
	static const char *const theirs[] = { "state", "backend", "backend-id",
					      "be-alloc", "version" };
	static const char *const connectors[] = {
		"resolution",	"unique-id",	     "req-ring-ref",
		"evt-ring-ref", "req-event-channel", "evt-event-channel"
	};
	char dir[64];
	size_t i, j;

	if (store_count)
		return;
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		add_node(BE, ours[i]);
	store_first = store_count;
	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		add_node(FE, theirs[i]);
	for (i = 0; i < XD_CONNECTORS_MAX + 1; i++) {
		snprintf(dir, sizeof(dir), "%s/%zu", FE, i);
		for (j = 0; j < sizeof(connectors) / sizeof(connectors[0]); j++)
			add_node(dir, connectors[j]);
	}
}

static struct store_node *find_node(const char *path)
{
	unsigned int i;

	for (i = 0; i < store_count; i++)
		if (!strcmp(store_nodes[i].path, path))
			return &store_nodes[i];
	return NULL;
}

void store_set(const char *path, const char *value)
{
	struct store_node *n = find_node(path);

	n->there = value;
	snprintf(n->value, sizeof(n->value), "%s", value ? value : "");
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

struct xs_handle *xs_open(unsigned long flags)
{
	return NULL;
}

void xs_close(struct xs_handle *xsh)
{
}

const char *xs_daemon_socket(void)
{
	return NULL;
}

int xs_fileno(struct xs_handle *xsh)
{
	return -1;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	return NULL;
}

char **xs_check_watch(struct xs_handle *h)
{
	return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	struct store_node *n = find_node(path);
	unsigned int i;

	/* the daemon reads below its two directories only, whatever the guest wrote */
	must(is_below(path, BE) || is_below(path, FE) ||
	     !strcmp(path, "/local/domain/7/error/device/vdispl/3/error"));
	if (n)
		return n->there ? strdup(n->value) : NULL;
	for (i = 0; i < store_count; i++)
		if (store_nodes[i].there && is_below(store_nodes[i].path, path))
			return strdup("");
	return NULL;
}

/* Of a connector's size, see vdispl/resolution.c */
static bool is_note(const char *path)
{
	static const char start[] = BE "/resolution-";

	return !strncmp(path, start, strlen(start));
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	must(!strcmp(path, BE "/state") || !strcmp(path, BE "/versions") ||
	     is_note(path) || !strcmp(path, FE "/state"));
	must(strlen(data) == len);
	store_set(path, data);
	return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	/* not in a driver domain: the toolstack removes the directory */
	abort();
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	return domid == 7;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	must(!strcmp(path, FE "/state") && !strcmp(token, path));
	store_watches++;
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	must(!strcmp(path, FE "/state") && !strcmp(token, path));
	store_watches--;
	return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool undo)
{
	return true;
}

/* Either only the toolstack may write the nodes, or the guest may write all */
struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					  xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	struct xs_permissions *perms = calloc(1, sizeof(*perms));

	must(is_below(path, FE) || is_note(path));
	perms->id = store_toolstacks || is_note(path) ? 0 : 7;
	*num = 1;
	return perms;
}
