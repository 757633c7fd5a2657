/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Table: finds the dma-buf that a program means by a descriptor's number.
 *
 * gntdev's calls identify a dma-buf by the number of its descriptor, even after
 * that descriptor was closed.  If the number is open, the inode identifies the
 * dma-buf: each has one of its own, which is never reused.
 */
#ifndef XDL_GNTTAB_TABLE_H
#define XDL_GNTTAB_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <xendmabuf.h>

enum xdl_entry_kind {
	XDL_ENTRY_EXPORT,
	XDL_ENTRY_IMPORT,
};

struct xdl_entry {
	struct xendmabuf_lease *lease;
	/* the rest is private to table.c */
	LIST_ENTRY(xdl_entry) link; /* while it is listed */
	const void *handle; /* compared, never dereferenced */
	enum xdl_entry_kind kind;
	uint32_t number;
	dev_t dev;
	ino_t ino;
	uint64_t serial;
	unsigned int users; /* references; the table holds one */
	bool listed;
};

/* What a number can stand for at the time of a call */
struct xdl_meaning {
	const void *handle;
	enum xdl_entry_kind kind;
	uint32_t number;
	bool by_inode; /* the number is open and is a dma-buf of the table */
	dev_t dev;
	ino_t ino;
	uint64_t serial; /* the newest entry at that time */
};

struct xdl_entry *xdl_entry_new(const void *handle, enum xdl_entry_kind kind);
void xdl_entry_put(struct xdl_entry *entry);

/* @fd: for its inode; @number: the number that the program uses */
int xdl_table_add(struct xdl_entry *entry, int fd, uint32_t number);
/* remove from the table; references to it stay valid */
void xdl_table_drop(struct xdl_entry *entry);
/* drop exports that are RETURNED */
void xdl_table_sweep(void);
/* drop all of @handle's, or all if it is NULL */
void xdl_table_forget(const void *handle);

void xdl_table_means(struct xdl_meaning *m, const void *handle,
		     enum xdl_entry_kind kind, uint32_t number);
/* any entry that is meant, with a reference; NULL: none */
struct xdl_entry *xdl_table_find(const struct xdl_meaning *m);
/*
 * the entry that is meant, removed, with a reference; NULL: none, or ambiguous
 */
struct xdl_entry *xdl_table_take(const struct xdl_meaning *m);

#endif
