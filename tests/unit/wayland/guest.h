/* SPDX-License-Identifier: GPL-2.0-only */
/* A program in the guest's half, without a loop: what it sends, and what both ends get. */
#ifndef XWL_UNIT_GUEST_H
#define XWL_UNIT_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/proxy.h"
#include "agent/sync/device.h"

struct guest {
	struct xwl_proxy proxy;
	struct xwl_stream program;
	struct xwl_link link, host;
	int program_fd;
	struct xwl_sync_device device; /* with timelines; its file is 99 */
	int awaited; /* by the proxy; -1: nothing */
	unsigned int pauses; /* that the proxy has asked for */
};

extern struct guest guest;

/** guest_begin, guest_end - a program that has bound nothing */
void guest_begin(void);
void guest_end(void);

/** sends_file - a request by its name; @fd: its file; -1: none */
int sends_file(uint32_t id, const char *request, const int64_t *numbers,
	       const char *text, int fd);
#define NUMBERS(...) ((const int64_t[]){ __VA_ARGS__, 0, 0, 0, 0, 0, 0 })
#define SENDS(id, request, ...) \
	sends_file(id, request, NUMBERS(__VA_ARGS__), NULL, -1)
#define MUST_SEND(...) assert_int_equal(SENDS(__VA_ARGS__), 0)
/* The program ends, for this reason */
#define EXPECT_END(sent, words)                               \
	do {                                                  \
		assert_int_equal(sent, -EPROTO);              \
		if (!strstr(guest.proxy.why.text, words))     \
			fail_msg("%s", guest.proxy.why.text); \
	} while (0)

/** binds - a global; its registry is @registry */
void binds(uint32_t registry, int64_t name, const char *interface,
	   int64_t version, int64_t id);
/** host_says - an event of the host's half, for an object that the program has */
void host_says(uint32_t id, const char *event, const int64_t *numbers);
/** host_offers - a global, in a registry of the program */
void host_offers(uint32_t registry, int64_t name, const char *interface,
		 int64_t version);
/**
 * hears - the program's next event, of this object
 * @out: until the next call
 *
 * Return: false: there is none.
 */
bool hears(uint32_t id, const struct wl_interface *interface,
	   struct xwl_message *out);
/** offered - the version of a global that the program hears of next; 0: of none */
uint32_t offered(uint32_t registry, const char *interface);
/** requests - with that opcode, that the host's half has got since the last call */
unsigned int requests(uint32_t object, uint16_t opcode);
/** commits - of a surface, that the host's half has got since the last call */
unsigned int commits(uint32_t surface);
/** events - with that opcode, that the program has got since the last call */
unsigned int events(uint32_t object, uint16_t opcode);

#endif
