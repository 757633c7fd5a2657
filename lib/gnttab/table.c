// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "table.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries; /* the newest first */
static uint64_t last_serial;

struct entry *entry_new(const void *handle, enum entry_kind kind)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->handle = handle;
	entry->kind = kind;
	entry->users = 1;
	return entry;
}

static void put_locked(struct entry *entry)
{
	if (--entry->users)
		return;
	xendmabuf_lease_close(entry->lease);
	free(entry);
}

void entry_put(struct entry *entry)
{
	pthread_mutex_lock(&lock);
	put_locked(entry);
	pthread_mutex_unlock(&lock);
}

int table_add(struct entry *entry, int fd, uint32_t number)
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
	entry->next = entries;
	entries = entry;
	pthread_mutex_unlock(&lock);
	return 0;
}

static void unlist(struct entry **link)
{
	struct entry *entry = *link;

	*link = entry->next;
	entry->next = NULL;
	entry->listed = false;
	put_locked(entry);
}

static void drop_locked(struct entry *entry)
{
	struct entry **link = &entries;

	if (!entry->listed)
		return;
	while (*link != entry)
		link = &(*link)->next;
	unlist(link);
}

void table_drop(struct entry *entry)
{
	pthread_mutex_lock(&lock);
	drop_locked(entry);
	pthread_mutex_unlock(&lock);
}

static bool is_over(const struct entry *entry)
{
	return entry->kind == ENTRY_EXPORT &&
	       !xendmabuf_lease_wait(entry->lease, 0);
}

void table_sweep(void)
{
	struct entry **link = &entries;

	pthread_mutex_lock(&lock);
	while (*link)
		if (is_over(*link))
			unlist(link);
		else
			link = &(*link)->next;
	pthread_mutex_unlock(&lock);
}

void table_forget(const void *handle)
{
	struct entry **link = &entries;

	pthread_mutex_lock(&lock);
	while (*link)
		if (!handle || (*link)->handle == handle)
			unlist(link);
		else
			link = &(*link)->next;
	pthread_mutex_unlock(&lock);
}

static bool has_inode(const struct entry *entry, const struct stat *st)
{
	return entry->dev == st->st_dev && entry->ino == st->st_ino;
}

void table_means(struct meaning *m, const void *handle, enum entry_kind kind,
		 uint32_t number)
{
	const struct entry *entry;
	struct stat st = { 0 };
	bool open = !fstat((int)number, &st);

	*m = (struct meaning){
		.handle = handle,
		.kind = kind,
		.number = number,
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	pthread_mutex_lock(&lock);
	m->serial = last_serial;
	for (entry = entries; open && entry; entry = entry->next)
		if (entry->handle == handle && entry->kind == kind &&
		    has_inode(entry, &st))
			m->by_inode = true;
	pthread_mutex_unlock(&lock);
}

static bool meant(const struct entry *entry, const struct meaning *m)
{
	if (entry->handle != m->handle || entry->kind != m->kind ||
	    entry->serial > m->serial)
		return false;
	if (m->by_inode)
		return entry->dev == m->dev && entry->ino == m->ino;
	return entry->number == m->number;
}

struct entry *table_find(const struct meaning *m)
{
	struct entry *entry;

	pthread_mutex_lock(&lock);
	for (entry = entries; entry; entry = entry->next) {
		if (!meant(entry, m))
			continue;
		entry->users++;
		break;
	}
	pthread_mutex_unlock(&lock);
	return entry;
}

struct entry *table_take(const struct meaning *m)
{
	struct entry *entry, *found = NULL;
	unsigned int n = 0;

	pthread_mutex_lock(&lock);
	for (entry = entries; entry; entry = entry->next) {
		if (!meant(entry, m))
			continue;
		n++;
		if (!found ||
		    (found->number != m->number && entry->number == m->number))
			found = entry;
	}
	/*
	 * Shares of one dma-buf are alike: the newest by that number will do.
	 * Different dma-bufs that had a number in turn are not.
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
