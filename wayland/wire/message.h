/* SPDX-License-Identifier: GPL-2.0-only */
/* Wayland messages: parsed and written by libwayland's public tables.
 *
 * A message is a header of 8 bytes and its arguments, each of whole 32-bit words in
 * the byte order of the machine.  Descriptors travel beside the bytes.
 */
#ifndef XWL_WIRE_MESSAGE_H
#define XWL_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-util.h>

#include "common/reason.h"

#define XWL_HEADER 8U
#define XWL_MESSAGE_MAX 4096U /* bytes, with the header */
#define XWL_ARGS_MAX 20U

struct xwl_header {
	uint32_t object;
	uint16_t opcode;
	uint16_t size; /* bytes, with the header */
};

struct xwl_arg {
	/* as in a signature: i u f (numbers), s (text), o n (ids), a (bytes), h (fd) */
	char type;
	bool nullable; /* the text may be NULL, the id 0 */
	const struct wl_interface *interface; /* of an id; NULL: any */
	union {
		int32_t i;
		uint32_t u; /* ids, too */
		int fd; /* -1: not given yet */
	};
	/* s: NULL or a text with its NUL; a: bytes.  The owner of the bytes keeps them */
	const void *data;
	uint32_t len; /* s: without the NUL */
};

struct xwl_message {
	const struct wl_message *table;
	uint32_t object;
	uint16_t opcode;
	unsigned int nr_args, nr_fds;
	struct xwl_arg args[XWL_ARGS_MAX];
};

/**
 * xwl_header_read - the header at @data
 *
 * EAGAIN: there are not @out->size bytes yet.  EPROTO: the size is impossible.
 */
int xwl_header_read(const void *data, size_t len, struct xwl_header *out);

/**
 * xwl_message_begin - a message without values, to be filled in and written
 * @table: of the interface's methods or events
 *
 * EPROTO: a signature that this code does not know.
 */
int xwl_message_begin(const struct wl_message *table, uint32_t object,
		      uint16_t opcode, struct xwl_message *out);
/**
 * xwl_message_request - begin the request of this name
 * @interface: which has it
 */
void xwl_message_request(const struct wl_interface *interface, uint32_t object,
			 const char *name, struct xwl_message *out);
/** xwl_message_event - begin the event of this name, likewise */
void xwl_message_event(const struct wl_interface *interface, uint32_t object,
		       const char *name, struct xwl_message *out);
/**
 * xwl_message_parse - the message at @data, whose header is @h
 * @out: its texts and bytes point into @data
 * @why: set on failure
 *
 * The descriptors of @out are -1, and @out->nr_fds says how many there have to be.
 *
 * EPROTO: its arguments are not those of @table.
 */
int xwl_message_parse(const struct wl_message *table,
		      const struct xwl_header *h, const void *data,
		      struct xwl_message *out, struct xdc_reason *why);
/**
 * xwl_message_write - the bytes of a message
 * @out: aligned to 4 bytes
 *
 * Return: their number.  EMSGSIZE: more than @size or than XWL_MESSAGE_MAX.
 */
ssize_t xwl_message_write(const struct xwl_message *m, void *out, size_t size);

/** xwl_message_since - the first version of the interface that has it */
uint32_t xwl_message_since(const struct wl_message *table);
/**
 * xwl_message_destroys - the request ends the life of its object
 *
 * libwayland's tables do not tell.  In every protocol that is let through these
 * requests, and no others, are called "destroy" or "release" and have no argument.
 */
bool xwl_message_destroys(const struct wl_message *table);

/** xwl_arg_text - set a text; @text is kept by the caller */
void xwl_arg_text(struct xwl_arg *arg, const char *text);

#endif
