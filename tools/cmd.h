/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands share. */
#ifndef XD_CMD_H
#define XD_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xendmabuf.h>

#include "share.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_TIMEOUT = 3,
};

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *help;
};

extern const struct command cmd_doctor, cmd_info, cmd_grant, cmd_map, cmd_show,
	cmd_list, cmd_wait, cmd_revoke, cmd_bench;

/* ---- say.c ---- */

/** fail - "xendmabuf: ..." on stderr; returns EXIT_FAILED */
__attribute__((format(printf, 1, 2))) int fail(const char *fmt, ...);

/** say - what is going on, on stderr: stdout is for what was asked for */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

/** usage - what is wrong with the arguments, and where help is; EXIT_USAGE */
__attribute__((format(printf, 2, 3))) int usage(const struct command *cmd,
						const char *fmt, ...);

/** help_asked - prints the help if the only argument is --help */
bool help_asked(const struct command *cmd, int argc, char **argv);

/* ---- args.c ---- */

/** arg_number - decimal, at most @max; -EINVAL or -ERANGE */
int arg_number(const char *text, uint64_t max, uint64_t *value);

/** arg_size - "800x600"; each side 1 to IMAGE_MAX_SIDE */
int arg_size(const char *text, uint32_t *w, uint32_t *h);

/** arg_lease - the one argument LEASE-ID; 0 or an exit status */
int arg_lease(const struct command *cmd, int argc, char **argv, uint64_t *id);

/* ---- hold.c ---- */

/**
 * device_open - open the device, say why not
 * @may: 0, or give up all but that with @domid, for life
 */
int device_open(struct xendmabuf **x, uint16_t domid, unsigned int may);

/** signals_open - SIGINT, SIGTERM, SIGHUP and SIGUSR1 become readable */
int signals_open(void);

/** signals_read - the signal that is there, or 0 */
int signals_read(int fd);

/**
 * hold_return - after the last user let go: wait until Xen has confirmed it
 *
 * Says how it went; an exit status.
 */
int hold_return(struct xendmabuf_lease *lease, const char *what);

enum hold_event {
	HOLD_NOTHING, /* the time is over */
	HOLD_REFRESH, /* SIGUSR1 */
	HOLD_END,
};

/* What a mapping end waits for while it holds a share. */
struct hold {
	int signals;
	struct xendmabuf_lease *lease;
	struct xs_handle *xs; /* NULL without xenstore */
	bool told; /* xenstore says when the granting domain goes */
	uint16_t domid;
	const char *what;
};

void hold_begin(struct hold *h, int signals, struct xendmabuf_lease *lease,
		uint16_t domid, const char *what);

/** hold_next - wait for one of them; says why it is the end */
enum hold_event hold_next(struct hold *h, int timeout_ms);
void hold_finish(struct hold *h);

/* ---- source.c: references from the other end ---- */

struct source {
	uint16_t domid; /* the granting domain */
	char who[160]; /* "5" or "work:wall", for messages */
	struct picture pic;
	uint32_t *refs;
	unsigned int dma_bits; /* of the device that will import it; 0: any */
};

/**
 * source_read - from a share (@where is "work:wall"), or from a file or pipe
 * @from: with @file, the domain
 * @file: "-" is stdin
 *
 * Says what is wrong; an exit status.
 */
int source_read(const struct command *cmd, const char *where, const char *from,
		const char *file, struct source *src);
void source_free(struct source *src);

/** source_map - map it, say why not; an exit status */
int source_map(struct xendmabuf *x, const struct source *src,
	       unsigned int flags, int *dmabuf, struct xendmabuf_lease **lease);

/** source_save - the picture as PNG, read through the CPU; an exit status */
int source_save(const struct source *src, int dmabuf, const char *path);

#endif
