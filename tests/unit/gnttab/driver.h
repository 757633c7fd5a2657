/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver, its dma-bufs and leases, and libxengnttab, as the drop-in sees them */
#ifndef DRIVER_H
#define DRIVER_H

#include <xendmabuf.h>
#include <xengnttab.h>

#include "fake.h"

#define MAX_LEASES 64
#define PAGES 2

/* Leases in the order they were made: closing the other end is RETURNED */
extern struct driver {
	int err; /* for every call */
	int nr;
	int fd[MAX_LEASES];
	int end[MAX_LEASES];
	int revokes[MAX_LEASES];
	int closes; /* of libxengnttab */
	uint32_t domid;
	int fail_fstat; /* which of the next ones fails; 0: none */
	int dlsym_fails;
} driver;

extern const uint32_t refs[PAGES];
extern xengnttab_handle *h1, *h2;

int driver_setup(void **state);
int driver_teardown(void **state);

#define DRIVER_TEST(f) \
	cmocka_unit_test_setup_teardown(f, driver_setup, driver_teardown)

int new_dmabuf(void);
void returned(int lease);

/* calls that must succeed: a dma-buf's number, and a lease's */
uint32_t export(xengnttab_handle *h);
int import(xengnttab_handle *h, int fd);

#endif
