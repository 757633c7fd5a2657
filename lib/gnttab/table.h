/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Table: which dma-buf a program means by a descriptor's number.
 *
 * gntdev's calls name a dma-buf by the number that its descriptor had, also
 * after that descriptor was closed.  A number that is open says more than the
 * number does: every dma-buf has an inode of its own, never used again.
 */
#ifndef XDB_GNTTAB_TABLE_H
#define XDB_GNTTAB_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <xendmabuf.h>

enum entry_kind {
	ENTRY_EXPORT,
	ENTRY_IMPORT,
};

struct entry {
	struct xendmabuf_lease *lease;
	/* the rest is table.c's */
	struct entry *next;
	const void *handle; /* never looked into */
	enum entry_kind kind;
	uint32_t number;
	dev_t dev;
	ino_t ino;
	uint64_t serial;
	unsigned int users; /* the table is one */
	bool listed;
};

/* What a program may mean by a number, at one time */
struct meaning {
	const void *handle;
	enum entry_kind kind;
	uint32_t number;
	bool by_inode; /* the number is open, on a dma-buf of the table */
	dev_t dev;
	ino_t ino;
	uint64_t serial; /* what came later is not meant */
};

struct entry *entry_new(const void *handle, enum entry_kind kind);
void entry_put(struct entry *entry);

/* @fd says which inode, @number what the program calls it */
int table_add(struct entry *entry, int fd, uint32_t number);
/* no longer found; whoever holds it may go on */
void table_drop(struct entry *entry);
/* drop exports that are RETURNED */
void table_sweep(void);
/* drop all of @handle's, or everybody's if it is NULL */
void table_forget(const void *handle);

void table_means(struct meaning *m, const void *handle, enum entry_kind kind,
		 uint32_t number);
/* any one that is meant, held for the caller; NULL: none */
struct entry *table_find(const struct meaning *m);
/* the one that is meant, held and dropped; NULL: none, or no telling which */
struct entry *table_take(const struct meaning *m);

#endif
