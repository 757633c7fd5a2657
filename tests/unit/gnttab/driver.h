/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake driver with dma-bufs and leases, and a fake libxengnttab, for the drop-in */
#ifndef DRIVER_H
#define DRIVER_H

#include <xendmabuf.h>
#include <xengnttab.h>

#include "fake.h"

#define MAX_LEASES 64
#define PAGES 2

/* Leases (pipes) in the order of creation: closing the other end means RETURNED */
extern struct driver {
	int err; /* returned by every call */
	int nr;
	int fd[MAX_LEASES];
	int end[MAX_LEASES];
	int revokes[MAX_LEASES];
	int closes; /* calls of libxengnttab's xengnttab_close() */
	uint32_t domid;
	uint32_t grant_flags; /* of the last import */
	int fail_fstat; /* which of the next fstat calls fails; 0: none */
	int dlsym_fails;
} driver;

extern const uint32_t refs[PAGES];
extern xengnttab_handle *h1, *h2;

int driver_setup(void **state);
int driver_teardown(void **state);

#define DRIVER_TEST(f) \
	cmocka_unit_test_setup_teardown(f, driver_setup, driver_teardown)

int new_dmabuf(void);
int new_read_only_dmabuf(void);
void returned(int lease);

/* calls that must succeed: return a dma-buf's descriptor, and a lease's index */
uint32_t export(xengnttab_handle *h);
int import(xengnttab_handle *h, int fd);

#endif
