// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "table.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* the newest first */
static LIST_HEAD(entries, xdl_entry) entries = LIST_HEAD_INITIALIZER(entries);
static uint64_t last_serial;

struct xdl_entry *xdl_entry_new(const void *handle, enum xdl_entry_kind kind)
{
	struct xdl_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->handle = handle;
	entry->kind = kind;
	entry->users = 1;
	return entry;
}

static void put_locked(struct xdl_entry *entry)
{
	if (--entry->users)
		return;
	xendmabuf_lease_close(entry->lease);
	free(entry);
}

void xdl_entry_put(struct xdl_entry *entry)
{
	pthread_mutex_lock(&lock);
	put_locked(entry);
	pthread_mutex_unlock(&lock);
}

int xdl_table_add(struct xdl_entry *entry, int fd, uint32_t number)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	entry->dev = st.st_dev;
	entry->ino = st.st_ino;
	entry->number = number;
	pthread_mutex_lock(&lock);
	entry->serial = ++last_serial;
	entry->listed = true;
	LIST_INSERT_HEAD(&entries, entry, link);
	pthread_mutex_unlock(&lock);
	return 0;
}

static void drop_locked(struct xdl_entry *entry)
{
	if (!entry->listed)
		return;
	LIST_REMOVE(entry, link);
	entry->listed = false;
	put_locked(entry);
}

void xdl_table_drop(struct xdl_entry *entry)
{
	pthread_mutex_lock(&lock);
	drop_locked(entry);
	pthread_mutex_unlock(&lock);
}

static bool is_over(const struct xdl_entry *entry)
{
	return entry->kind == XDL_ENTRY_EXPORT &&
	       !xendmabuf_lease_wait(entry->lease, 0);
}

void xdl_table_sweep(void)
{
	struct xdl_entry *entry, *next;

	pthread_mutex_lock(&lock);
	for (entry = LIST_FIRST(&entries); entry; entry = next) {
		next = LIST_NEXT(entry, link);
		if (is_over(entry))
			drop_locked(entry);
	}
	pthread_mutex_unlock(&lock);
}

void xdl_table_forget(const void *handle)
{
	struct xdl_entry *entry, *next;

	pthread_mutex_lock(&lock);
	for (entry = LIST_FIRST(&entries); entry; entry = next) {
		next = LIST_NEXT(entry, link);
		if (!handle || entry->handle == handle)
			drop_locked(entry);
	}
	pthread_mutex_unlock(&lock);
}

static bool has_inode(const struct xdl_entry *entry, const struct stat *st)
{
	return entry->dev == st->st_dev && entry->ino == st->st_ino;
}

void xdl_table_means(struct xdl_meaning *m, const void *handle,
		     enum xdl_entry_kind kind, uint32_t number)
{
	const struct xdl_entry *entry;
	struct stat st = { 0 };
	bool open = !fstat((int)number, &st);

	*m = (struct xdl_meaning){
		.handle = handle,
		.kind = kind,
		.number = number,
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	pthread_mutex_lock(&lock);
	m->serial = last_serial;
	LIST_FOREACH(entry, &entries, link)
		if (open && entry->handle == handle && entry->kind == kind &&
		    has_inode(entry, &st))
			m->by_inode = true;
	pthread_mutex_unlock(&lock);
}

static bool is_meant(const struct xdl_entry *entry, const struct xdl_meaning *m)
{
	if (entry->handle != m->handle || entry->kind != m->kind ||
	    entry->serial > m->serial)
		return false;
	if (m->by_inode)
		return entry->dev == m->dev && entry->ino == m->ino;
	return entry->number == m->number;
}

struct xdl_entry *xdl_table_find(const struct xdl_meaning *m)
{
	struct xdl_entry *entry;

	pthread_mutex_lock(&lock);
	LIST_FOREACH(entry, &entries, link) {
		if (!is_meant(entry, m))
			continue;
		entry->users++;
		break;
	}
	pthread_mutex_unlock(&lock);
	return entry;
}

struct xdl_entry *xdl_table_take(const struct xdl_meaning *m)
{
	struct xdl_entry *entry, *found = NULL;
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	LIST_FOREACH(entry, &entries, link) {
		if (!is_meant(entry, m))
			continue;
		n++;
		if (!found ||
		    (found->number != m->number && entry->number == m->number))
			found = entry;
	}
	/*
	 * Several shares of one dma-buf are equivalent: take the newest with
	 * that number.  Different dma-bufs that had the number are not.
	 */
	if (n > 1 && !m->by_inode)
		found = NULL;
	if (found) {
		found->users++;
		drop_locked(found);
	}
	pthread_mutex_unlock(&lock);
	return found;
}
