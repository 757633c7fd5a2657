/* SPDX-License-Identifier: GPL-2.0-only */
/* A system that the test makes up, and what doctor says of it */
#ifndef FAKE_SYSTEM_H
#define FAKE_SYSTEM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include <xendmabuf.h>

#define KVM 36
#define GRANTERS 990

/* A file of the made-up system; those that are not listed do not exist */
struct file {
	const char *path;
	unsigned int mode;
	gid_t gid;
};

extern const struct file no_files[];

struct fake_system {
	const struct file *files;
	const char *mounts;
	uid_t uid;
	gid_t gids[2]; /* this process' groups */
	gid_t granted_gid; /* a group that counts from the next login on */
	bool vgem_only;
	bool no_module;
	/* What xen-channeld answers; NULL: it does not run */
	const char *services;
	/* The driver's, but for "may", which follows from the files */
	struct xen_dmabuf_info info;
	char said[16384];
};

extern struct fake_system os;

/* setup: root's, with all files and a driver that nobody uses */
int begin_system(void **state);
/* The exit status; what it says is in os.said */
int run_doctor(void);

void says(const char *text);
void says_not(const char *text);
void says_last(const char *text);

#define SYSTEM_TEST(f) cmocka_unit_test_setup(f, begin_system)

#endif
