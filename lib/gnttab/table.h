/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Table: which dma-buf a program means by a descriptor's number.
 *
 * gntdev's calls name a dma-buf by the number that its descriptor had, also
 * after that descriptor was closed.  A number that is open says more than the
 * number does: every dma-buf has an inode of its own, never used again.
 */
#ifndef XDL_GNTTAB_TABLE_H
#define XDL_GNTTAB_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <xendmabuf.h>

enum xdl_entry_kind {
	XDL_ENTRY_EXPORT,
	XDL_ENTRY_IMPORT,
};

struct xdl_entry {
	struct xendmabuf_lease *lease;
	/* the rest is table.c's */
	struct xdl_entry *next;
	const void *handle; /* never looked into */
	enum xdl_entry_kind kind;
	uint32_t number;
	dev_t dev;
	ino_t ino;
	uint64_t serial;
	unsigned int users; /* the table is one */
	bool listed;
};

/* What a program may mean by a number, at one time */
struct xdl_meaning {
	const void *handle;
	enum xdl_entry_kind kind;
	uint32_t number;
	bool by_inode; /* the number is open, on a dma-buf of the table */
	dev_t dev;
	ino_t ino;
	uint64_t serial; /* what came later is not meant */
};

struct xdl_entry *xdl_entry_new(const void *handle, enum xdl_entry_kind kind);
void xdl_entry_put(struct xdl_entry *entry);

/* @fd says which inode, @number what the program calls it */
int xdl_table_add(struct xdl_entry *entry, int fd, uint32_t number);
/* no longer found; whoever holds it may go on */
void xdl_table_drop(struct xdl_entry *entry);
/* drop exports that are RETURNED */
void xdl_table_sweep(void);
/* drop all of @handle's, or everybody's if it is NULL */
void xdl_table_forget(const void *handle);

void xdl_table_means(struct xdl_meaning *m, const void *handle,
		     enum xdl_entry_kind kind, uint32_t number);
/* any one that is meant, held for the caller; NULL: none */
struct xdl_entry *xdl_table_find(const struct xdl_meaning *m);
/* the one that is meant, held and dropped; NULL: none, or no telling which */
struct xdl_entry *xdl_table_take(const struct xdl_meaning *m);

#endif
