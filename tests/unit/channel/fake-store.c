// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "fake-store.h"

#define NODES 512
#define PATH 160
#define PERMS 4
#define WATCHES 64
#define CHANGES 256

struct node {
	char path[PATH];
	char *value;
	struct xs_permissions perms[PERMS];
	unsigned int nr_perms;
};

struct event {
	STAILQ_ENTRY(event) link;
	char path[PATH], token[PATH];
};

struct watch {
	char path[PATH], token[PATH];
};

struct xs_handle {
	LIST_ENTRY(xs_handle) link;
	uint16_t domid;
	int fd;
	struct watch watches[WATCHES];
	unsigned int nr_watches;
	STAILQ_HEAD(event_list, event) events;
};

uint16_t store_domid;
unsigned int store_conflicts;
int store_write_error;

LIST_HEAD(handle_list, xs_handle);
static struct handle_list handles = LIST_HEAD_INITIALIZER(handles);
static struct node nodes[NODES], saved[NODES];
static unsigned int nr_nodes, nr_saved, nr_changes;
static bool in_transaction, frozen;
static char changes[CHANGES][PATH];
static struct xs_handle toolstack = { .domid = 0 };

static void must(bool good)
{
	if (!good)
		abort();
}

static void resolve(const struct xs_handle *h, const char *path, char *out)
{
	if (*path == '/' || *path == '@')
		snprintf(out, PATH, "%s", path);
	else
		snprintf(out, PATH, "/local/domain/%u/%s", h->domid, path);
}

static struct node *find(const char *path)
{
	unsigned int i;

	for (i = 0; i < nr_nodes; i++)
		if (!strcmp(nodes[i].path, path))
			return &nodes[i];
	return NULL;
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

static bool may(uint16_t domid, const struct node *n, unsigned int what)
{
	unsigned int i;

	if (!domid || n->perms[0].id == domid)
		return true;
	for (i = 1; i < n->nr_perms; i++)
		if (n->perms[i].id == domid)
			return n->perms[i].perms & what;
	return n->perms[0].perms & what;
}

static void queue_event(struct xs_handle *h, const char *path,
			const char *token)
{
	struct event *e = calloc(1, sizeof(*e));
	uint64_t one = 1;

	must(e);
	snprintf(e->path, sizeof(e->path), "%s", path);
	snprintf(e->token, sizeof(e->token), "%s", token);
	STAILQ_INSERT_TAIL(&h->events, e, link);
	must(write(h->fd, &one, sizeof(one)) == sizeof(one));
}

/* Those are told who may read the node; everybody, if it is none */
void store_fire(const char *path)
{
	const struct node *n = find(path);
	struct xs_handle *h;
	unsigned int i;

	LIST_FOREACH(h, &handles, link) {
		if (n && !may(h->domid, n, XS_PERM_READ))
			continue;
		for (i = 0; i < h->nr_watches; i++)
			if (is_below(path, h->watches[i].path) ||
			    is_below(h->watches[i].path, path))
				queue_event(h, path, h->watches[i].token);
	}
}

static void changed(const char *path)
{
	if (in_transaction) {
		must(nr_changes < CHANGES);
		snprintf(changes[nr_changes++], PATH, "%s", path);
	} else {
		store_fire(path);
	}
}

static void free_nodes(struct node *all, unsigned int *nr)
{
	while (*nr)
		free(all[--*nr].value);
}

static void copy_nodes(struct node *to, unsigned int *nr_to,
		       const struct node *from, unsigned int nr)
{
	free_nodes(to, nr_to);
	for (; *nr_to < nr; ++*nr_to) {
		to[*nr_to] = from[*nr_to];
		to[*nr_to].value = strdup(from[*nr_to].value);
	}
}

static struct node *parent_of(const char *path)
{
	char dir[PATH], *slash;
	struct node *n = NULL;

	snprintf(dir, sizeof(dir), "%s", path);
	while (!n && (slash = strrchr(dir, '/'))) {
		*slash = '\0';
		n = find(*dir ? dir : "/");
	}
	return n;
}

static struct node *add(const char *path, uint16_t domid)
{
	const struct node *parent = parent_of(path);
	struct node *n;

	must(nr_nodes < NODES && parent);
	n = &nodes[nr_nodes++];
	memcpy(n->perms, parent->perms, sizeof(n->perms));
	n->nr_perms = parent->nr_perms;
	if (domid)
		n->perms[0].id = domid;
	snprintf(n->path, sizeof(n->path), "%s", path);
	n->value = strdup("");
	return n;
}

/* With the folders above it */
static struct node *make(const char *path, uint16_t domid)
{
	char dir[PATH];
	size_t at;

	for (at = 1; at < strlen(path); at++) {
		if (path[at] != '/')
			continue;
		snprintf(dir, sizeof(dir), "%.*s", (int)at, path);
		if (!find(dir))
			add(dir, domid);
	}
	return add(path, domid);
}

static bool fail(int err)
{
	errno = err;
	return false;
}

static bool may_write(uint16_t domid, const char *path)
{
	const struct node *n = find(path);

	if (!n)
		n = parent_of(path);
	return n && may(domid, n, XS_PERM_WRITE);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	char full[PATH];

	resolve(h, path, full);
	if (find(full) || frozen)
		return true;
	if (!may_write(h->domid, full))
		return fail(EACCES);
	make(full, h->domid);
	changed(full);
	return true;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	struct node *n;
	char full[PATH];

	if (store_write_error)
		return fail(store_write_error);
	if (frozen)
		return true;
	resolve(h, path, full);
	if (!may_write(h->domid, full))
		return fail(EACCES);
	n = find(full);
	if (!n)
		n = make(full, h->domid);
	free(n->value);
	n->value = strndup(data, len);
	changed(full);
	return true;
}

static struct node *find_readable(const struct xs_handle *h, const char *path,
				  char *full)
{
	struct node *n;

	resolve(h, path, full);
	n = find(full);
	if (n && may(h->domid, n, XS_PERM_READ))
		return n;
	errno = n ? EACCES : ENOENT;
	return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	char full[PATH];
	struct node *n = find_readable(h, path, full);

	if (!n)
		return NULL;
	if (len)
		*len = (unsigned int)strlen(n->value);
	return strdup(n->value);
}

static void remove_tree(const char *path)
{
	unsigned int i;

	/* watchers are told with the permissions that the nodes had */
	if (!in_transaction)
		store_fire(path);
	for (i = nr_nodes; i-- > 0;) {
		if (!is_below(nodes[i].path, path))
			continue;
		free(nodes[i].value);
		nodes[i] = nodes[--nr_nodes];
	}
	if (in_transaction)
		changed(path);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	char full[PATH];

	resolve(h, path, full);
	if (frozen)
		return true;
	if (!find(full))
		return fail(ENOENT);
	if (!may_write(h->domid, full))
		return fail(EACCES);
	remove_tree(full);
	return true;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	char full[PATH], **list, *text;
	unsigned int i, nr = 0;

	if (!find_readable(h, path, full))
		return NULL;
	/* one piece, as libxenstore returns it */
	list = calloc(NODES, sizeof(*list) + PATH);
	must(list);
	text = (char *)(list + NODES);
	for (i = 0; i < nr_nodes; i++) {
		const char *rest = nodes[i].path + strlen(full);

		if (!is_below(nodes[i].path, full) || *rest != '/' ||
		    strchr(rest + 1, '/'))
			continue;
		list[nr] = text + nr * PATH;
		strcpy(list[nr++], rest + 1);
	}
	*num = nr;
	return list;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *perms,
			unsigned int nr)
{
	struct node *n;
	char full[PATH];

	resolve(h, path, full);
	if (frozen)
		return true;
	n = find(full);
	if (!n)
		return fail(ENOENT);
	if (h->domid && n->perms[0].id != h->domid)
		return fail(EACCES);
	must(nr <= PERMS);
	memcpy(n->perms, perms, nr * sizeof(*perms));
	n->nr_perms = nr;
	changed(full);
	return true;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					  xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	struct xs_permissions *perms;
	char full[PATH];
	struct node *n = find_readable(h, path, full);

	if (!n)
		return NULL;
	perms = calloc(PERMS, sizeof(*perms));
	memcpy(perms, n->perms, sizeof(n->perms));
	*num = n->nr_perms;
	return perms;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	must(!in_transaction);
	in_transaction = true;
	nr_changes = 0;
	copy_nodes(saved, &nr_saved, nodes, nr_nodes);
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool undo)
{
	bool conflict = !undo && store_conflicts;
	unsigned int i;

	must(in_transaction);
	in_transaction = false;
	if (conflict)
		store_conflicts--;
	if (undo || conflict) {
		copy_nodes(nodes, &nr_nodes, saved, nr_saved);
		return conflict ? fail(EAGAIN) : true;
	}
	for (i = 0; i < nr_changes; i++)
		store_fire(changes[i]);
	return true;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	struct watch *w = &h->watches[h->nr_watches];

	if (h->nr_watches == WATCHES)
		return fail(E2BIG);
	resolve(h, path, w->path);
	snprintf(w->token, sizeof(w->token), "%s", token);
	h->nr_watches++;
	/* a new watch fires at once */
	queue_event(h, w->path, token);
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	unsigned int i;

	for (i = 0; i < h->nr_watches; i++) {
		if (strcmp(h->watches[i].token, token))
			continue;
		h->watches[i] = h->watches[--h->nr_watches];
		return true;
	}
	return fail(ENOENT);
}

char **xs_check_watch(struct xs_handle *h)
{
	struct event *e = STAILQ_FIRST(&h->events);
	char **event;
	uint64_t n;

	if (!e) {
		must(read(h->fd, &n, sizeof(n)) == sizeof(n) ||
		     errno == EAGAIN);
		errno = EAGAIN;
		return NULL;
	}
	STAILQ_REMOVE_HEAD(&h->events, link);
	event = calloc(2, sizeof(*event) + PATH);
	must(event);
	event[XS_WATCH_PATH] = (char *)(event + 2);
	event[XS_WATCH_TOKEN] = event[XS_WATCH_PATH] + PATH;
	strcpy(event[XS_WATCH_PATH], e->path);
	strcpy(event[XS_WATCH_TOKEN], e->token);
	free(e);
	return event;
}

int xs_fileno(struct xs_handle *h)
{
	return h->fd;
}

const char *xs_daemon_socket(void)
{
	return NULL;
}

struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_handle *h;

	if (store_domid == UINT16_MAX) {
		errno = ENODEV;
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	must(h);
	h->domid = store_domid;
	h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	STAILQ_INIT(&h->events);
	LIST_INSERT_HEAD(&handles, h, link);
	return h;
}

void xs_close(struct xs_handle *h)
{
	struct event *e;

	while ((e = STAILQ_FIRST(&h->events))) {
		STAILQ_REMOVE_HEAD(&h->events, link);
		free(e);
	}
	close(h->fd);
	LIST_REMOVE(h, link);
	free(h);
}

void store_reset(void)
{
	must(LIST_EMPTY(&handles) && !in_transaction);
	free_nodes(nodes, &nr_nodes);
	free_nodes(saved, &nr_saved);
	store_conflicts = 0;
	store_write_error = 0;
	snprintf(nodes[0].path, PATH, "/");
	nodes[0].value = strdup("");
	nodes[0].perms[0].id = 0;
	nodes[0].perms[0].perms = XS_PERM_NONE;
	nodes[0].nr_perms = 1;
	nr_nodes = 1;
}

void store_permit(const char *path, uint16_t owner, uint16_t reader)
{
	struct xs_permissions perms[] = {
		{ .id = owner, .perms = XS_PERM_NONE },
		{ .id = reader, .perms = XS_PERM_READ },
	};

	must(xs_set_permissions(&toolstack, XBT_NULL, path, perms, 2));
}

void store_add_domain(uint16_t domid, const char *name)
{
	char home[PATH], path[PATH + 8], id[8];

	snprintf(home, sizeof(home), "/local/domain/%u", domid);
	snprintf(id, sizeof(id), "%u", domid);
	xs_mkdir(&toolstack, XBT_NULL, home);
	store_permit(home, 0, domid);
	snprintf(path, sizeof(path), "%s/name", home);
	store_set(path, name);
	snprintf(path, sizeof(path), "%s/domid", home);
	store_set(path, id);
	snprintf(path, sizeof(path), "%s/data", home);
	xs_mkdir(&toolstack, XBT_NULL, path);
	store_permit(path, domid, domid);
	store_fire("@introduceDomain");
}

void store_forget_domain(uint16_t domid)
{
	char home[PATH];

	snprintf(home, sizeof(home), "/local/domain/%u", domid);
	remove_tree(home);
}

void store_remove_domain(uint16_t domid)
{
	store_forget_domain(domid);
	store_fire("@releaseDomain");
}

void store_set(const char *path, const char *value)
{
	must(xs_write(&toolstack, XBT_NULL, path, value,
		      (unsigned int)strlen(value)));
}

bool store_set_as(uint16_t domid, const char *path, const char *value)
{
	struct xs_handle h = { .domid = domid };

	return xs_write(&h, XBT_NULL, path, value, (unsigned int)strlen(value));
}

void store_open_for(uint16_t domid, const char *path)
{
	unsigned int i;

	for (i = 0; i < nr_nodes; i++) {
		if (!is_below(nodes[i].path, path))
			continue;
		nodes[i].perms[1].id = domid;
		nodes[i].perms[1].perms = XS_PERM_READ;
		nodes[i].nr_perms = 2;
	}
	changed(path);
}

const char *store_get(const char *path)
{
	const struct node *n = find(path);

	return n ? n->value : NULL;
}

bool store_may_read(uint16_t domid, const char *path)
{
	const struct node *n = find(path);

	return n && may(domid, n, XS_PERM_READ);
}

unsigned int store_watches(void)
{
	const struct xs_handle *h;
	unsigned int n = 0;

	LIST_FOREACH(h, &handles, link)
		n += h->nr_watches;
	return n;
}

void store_freeze(bool freeze)
{
	frozen = freeze;
}
