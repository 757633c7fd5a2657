/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test programs in dom0 share: the guest's agent, buffers of either
 * end, and the rule that everything is given back.
 */
#ifndef XDB_TEST_COMMON_H
#define XDB_TEST_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <xendmabuf.h>

#include "../cmocka-1.h"
#include "machine.h"
#include "pattern.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define WAIT_MS 60000 /* for things that take milliseconds on a real machine */

extern struct world {
	uint16_t domid; /* the guest that the agent calls go to */
	bool pv; /* dom0 is a PV domain */
	struct xendmabuf *x;
	struct xen_dmabuf_info info;
} world;

/*
 * Run the tests of one program: TAP on stdout, and after each test a look
 * whether both ends are back at the counts they had before it.
 */
#define world_run(name, tests)                                 \
	(cmocka_set_message_output(CM_OUTPUT_TAP),             \
	 cmocka_run_group_tests_name(name, tests, world_setup, \
				     world_teardown))
#define world_test(f)                                        \
	cmocka_unit_test_setup_teardown(f, world_test_setup, \
					world_test_teardown)

int world_setup(void **state);
int world_teardown(void **state);
int world_test_setup(void **state);
int world_test_teardown(void **state);

/* for TAP's first lines: how long the program may take */
void world_timeout(int seconds);

/* a line of TAP diagnostics */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* the call must give exactly this: 0 or a negative errno value */
#define assert_err(call, expected) \
	check_err((call), (expected), #call, __FILE__, __LINE__)
#define assert_ok(call) assert_err(call, 0)
void check_err(long got, long expected, const char *what, const char *file,
	       int line);

/* wait until the expression is true; fails with its text after WAIT_MS */
#define eventually(expr)                                                  \
	do {                                                              \
		int64_t end_ = now_ms() + WAIT_MS;                        \
		while (!(expr)) {                                         \
			if (now_ms() > end_)                              \
				fail_msg("not within %d ms: %s", WAIT_MS, \
					 #expr);                          \
			sleep_ms(20);                                     \
		}                                                         \
	} while (0)

/* ---- the guest's agent (rpc.c) ---- */

#define AGENT_VALUES 8
extern long agent_value[AGENT_VALUES]; /* the numbers of the last answer */

/* 0 or the negative errno value that the agent answered */
int agent_try(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* must succeed; the answer's first number */
long agent(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void agent_use(uint16_t domid); /* talk to another guest */
int agent_wait_ready(uint16_t domid); /* as long as a guest may take to start */

/* ---- guests (guest2.c) ---- */

/* the one that calls and buffers are for from now on */
void guest_use(uint16_t domid);
/*
 * Make "guest2", which a test may destroy, and wait until its agent answers: its
 * domain id.  One that a failed test left is destroyed before.
 */
uint16_t guest2_begin(const char *config);
#define GUEST2 "/etc/xen/guest2.cfg"
void guest2_destroy(void); /* its pages may outlive it */

/* ---- buffers ---- */

/* a foreign buffer as seen from here */
struct view {
	int fd; /* -1 if none */
	struct xendmabuf_lease *lease;
	uint8_t *va; /* NULL if none */
	size_t pages;
};

/* pages of the guest's, in @slot; @refs has room for @pages */
void guest_plain(int slot, size_t pages, const char *mode, uint64_t seed,
		 uint32_t *refs);
/* alloc and grant; @source is heap, udmabuf or scatter */
void guest_grant(int slot, size_t pages, const char *source, const char *mode,
		 uint64_t seed, uint32_t *refs);
/* read the references that the last agent call told */
void guest_refs(uint32_t *refs, size_t pages);

void view_map(struct view *v, const uint32_t *refs, size_t pages,
	      unsigned int flags);
void view_map_for_device(struct view *v, const uint32_t *refs, size_t pages,
			 unsigned int flags, unsigned int dma_bits);
void view_mmap(struct view *v, int prot);
void view_check(struct view *v, uint64_t seed);
void view_fill(struct view *v, uint64_t seed);
/* let go of memory and dma-buf, see the lease RETURNED, close it */
void view_end(struct view *v);
void view_drop(struct view *v); /* memory and dma-buf only */

/* a buffer of dom0's own */
struct local {
	int fd;
	struct xendmabuf_lease *lease;
	uint8_t *va;
	size_t pages;
	uint32_t *refs;
};

void local_alloc(struct local *l, size_t pages, const char *source,
		 uint64_t seed);
void local_grant(struct local *l, unsigned int flags);
/* have the agent map it into @slot */
int local_to_guest(struct local *l, int slot, const char *mode);
/* revoke, see RETURNED, free */
void local_end(struct local *l);

uint32_t lease_state(struct xendmabuf_lease *lease);
struct xen_dmabuf_lease_info lease_look(struct xendmabuf_lease *lease);

/* read or write one byte: 0, or the signal that it raised */
int probe_read(const volatile uint8_t *p, uint8_t *value);
int probe_write(volatile uint8_t *p, uint8_t value);

/* run @f in a child: its exit status, or 128 + the signal that ended it */
int in_child(int (*f)(void *arg), void *arg);

/* pass a descriptor over a socket */
void fd_send(int sock, int fd);
int fd_receive(int sock);

#endif
