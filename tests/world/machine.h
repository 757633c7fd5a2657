/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine: what the kernel of the domain at hand says about itself.  Used at
 * both ends, by the tests in dom0 and by the agent in the guest.
 */
#ifndef XDB_TEST_MACHINE_H
#define XDB_TEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* everything that must be back where it was when a test is over */
struct counts {
	long fds; /* open in this process */
	long pages_mapped; /* -1 in all of these while there is no driver */
	long pages_granted;
	long leases;
	long pages_leaked;
};

void machine_counts(struct counts *c);
bool counts_equal(const struct counts *a, const struct counts *b);

/* one number of the driver's debugfs stats; -1 when it is not there */
long machine_stat(const char *name);

/* a number of /proc/meminfo, in KiB; -1 when it is not there */
long machine_meminfo(const char *name);

/* lines the kernel has logged since it started, never fewer than before */
long machine_log_lines(void);

/* run a program with its output thrown away; its exit status or -errno */
int machine_run(const char *const argv[]);
/* `xl VERB WHAT`, in dom0 */
int xl(const char *verb, const char *what);
/* of a domain by its name, or -1 */
int domid_of(const char *name);

/* insmod by modprobe, with parameters or NULL; remove returns -errno */
int machine_load(const char *module, const char *params);
int machine_remove(const char *module);
bool machine_has_module(const char *module);

/*
 * Take free memory in a process of its own, until @leave_mib are left or @most
 * MiB are taken, write @poison all over it and give it back.  Whatever was freed
 * while somebody still used it shows after that: what was freed last is handed
 * out first.  MiB poisoned, or -errno.
 */
int machine_pressure(uint64_t poison, long leave_mib, int most);

/* milliseconds of a clock that only goes forward */
int64_t now_ms(void);
void sleep_ms(long ms);

#endif
