/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Common: what the test programs in dom0 share.  The guest's agent, buffers of
 * either end, and a check after each test that everything was given back.
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
 * Run the tests of one program, with TAP on stdout.  After each test both ends must
 * be back at the counts that they had before it.
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

/* print how long the program may take, in the first lines of TAP */
void world_timeout(int seconds);

/* a line of TAP diagnostics */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* the call must return exactly this: 0 or a negative errno value */
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

/* send a command: 0, or the negative errno value that the agent answers */
int agent_try(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* send a command that must succeed: the answer's first number */
long agent(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void agent_use(uint16_t domid); /* send the next commands to this guest */
int agent_wait_ready(
	uint16_t domid); /* waits as long as a guest may take to boot */

/* ---- guests (guest2.c) ---- */

/* select the guest of the next calls and buffers */
void guest_use(uint16_t domid);
/*
 * Create "guest2", which a test may destroy, wait until its agent answers, and return
 * its domain id.  A guest2 that a failed test has left is destroyed first.
 */
uint16_t guest2_begin(const char *config);
#define GUEST2 "/etc/xen/guest2.cfg"
void guest2_destroy(void); /* its pages may outlive it */

/* ---- buffers ---- */

/* a guest's buffer, mapped in dom0 */
struct view {
	int fd; /* -1 if none */
	struct xendmabuf_lease *lease;
	uint8_t *va; /* NULL if none */
	size_t pages;
};

/* the guest shares pages by gntalloc, in its @slot; @refs has room for @pages */
void guest_plain(int slot, size_t pages, const char *mode, uint64_t seed,
		 uint32_t *refs);
/* the guest allocates a dma-buf and grants it; @source is heap, udmabuf or scatter */
void guest_grant(int slot, size_t pages, const char *source, const char *mode,
		 uint64_t seed, uint32_t *refs);
/* read the references that the last command's answer leads to */
void guest_refs(uint32_t *refs, size_t pages);

void view_map(struct view *v, const uint32_t *refs, size_t pages,
	      unsigned int flags);
void view_map_for_device(struct view *v, const uint32_t *refs, size_t pages,
			 unsigned int flags, unsigned int dma_bits);
void view_mmap(struct view *v, int prot);
void view_check(struct view *v, uint64_t seed);
void view_fill(struct view *v, uint64_t seed);
/* every page: the right byte, or SIGBUS or SIGSEGV; never another byte */
void assert_right_or_gone(const uint8_t *va, size_t first, size_t n,
			  uint64_t seed);
/* unmap, close the dma-buf, wait until the lease is RETURNED, close it */
void view_end(struct view *v);
void view_drop(struct view *v); /* unmap and close the dma-buf only */
/* pages by gntalloc in the guest's slot 0, writable, mapped, and seen to be right */
void view_begin_plain(struct view *v, size_t pages, uint64_t seed);
/* view_end(), and free the guest's slot 0 */
void view_end_and_free(struct view *v);
/* for in_child(): 0, 1 if it is not pattern 1, or 128 and the signal that it gets */
int view_read_in_child(void *view);

/* a buffer of dom0 */
struct local {
	int fd;
	struct xendmabuf_lease *lease;
	uint8_t *va;
	size_t pages;
	uint32_t *refs;
};

/* a dma-buf that is open for reading only, or -1 where none can be made */
int read_only_alloc(size_t pages);
void local_alloc(struct local *l, size_t pages, const char *source,
		 uint64_t seed);
void local_grant(struct local *l, unsigned int flags);
/* let the agent map it into @slot */
int local_to_guest(struct local *l, int slot, const char *mode);
/* the same for a device of the guest's with this many address bits */
int local_to_guest_for_device(struct local *l, int slot, unsigned int dma_bits);
/* revoke, wait until RETURNED, free */
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
