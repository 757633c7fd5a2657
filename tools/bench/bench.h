/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bench: ways of doing the same thing, taken in turns, so that whatever else
 * the machine does hits all of them alike.
 */
#ifndef XD_BENCH_H
#define XD_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xendmabuf.h>

#define BENCH_FRAME_PAGES 8100U /* 3840x2160 in XRGB8888 */
#define BENCH_ROUNDS_MAX 32U
#define BENCH_PEERS_MAX 16U

/**
 * struct series - times of one step of one way, at one size
 * @what: the step: "map", "release"
 * @how: the way: "xen-dmabuf", "gntdev"
 * @pages: of one share
 * @live: other shares that were there meanwhile
 * @nr: how many rounds
 * @ns: what each took
 * @section: each one's number among all sections of this run
 * @hypercalls: of the driver's in the last round, or -1
 * @copied: bytes that each of them copies
 */
struct series {
	const char *what;
	const char *how;
	size_t pages;
	size_t live;
	unsigned int nr;
	uint64_t ns[BENCH_ROUNDS_MAX];
	unsigned int section[BENCH_ROUNDS_MAX];
	int64_t hypercalls;
	uint64_t copied;
};

/* kernel memory that one way holds while something is shared */
struct held {
	const char *what;
	const char *how;
	size_t pages;
	int64_t bytes;
};

struct bench {
	struct xendmabuf *x;
	uint16_t domid; /* the other domain */
	uint16_t peers[BENCH_PEERS_MAX]; /* more of them, for growth.c */
	size_t nr_peers;
	uint32_t *refs; /* of its */
	size_t nr_refs;
	size_t first; /* reference that MAP begins with: see growth.c */
	int gntdev; /* -1 in these: not there */
	int gntalloc;
	int in_tree; /* gntdev with its dma-buf calls */
	int bare;
	unsigned int rounds;
	unsigned int sections;
	struct series *series;
	size_t nr_series;
	struct held *held;
	size_t nr_held;
	size_t live;
	/* what the ways hold between their steps */
	int dmabuf;
	struct xendmabuf_lease *lease;
	void *va;
	size_t va_size;
	uint64_t index;
	uint32_t *granted;
	void *frame;
	size_t frame_size;
};

/**
 * struct way - a way of doing a thing: one or two steps, timed
 * @how: its name
 * @what: names of the steps; the second is NULL if there is none
 * @mark: of the first step; the second has the next one
 * @ready: before each round; may be NULL.  -EOPNOTSUPP: not on this machine
 * @step: the second undoes the first
 * @done: after each round, whatever happened since @ready; may be NULL
 * @copies: the first step copies every byte of the share
 * @allocates: the first step allocates the pages that are shared, too
 */
struct way {
	const char *how;
	const char *what[2];
	unsigned int mark;
	int (*ready)(struct bench *b, size_t pages);
	int (*step[2])(struct bench *b, size_t pages);
	void (*done)(struct bench *b, size_t pages);
	bool copies;
	bool allocates;
};

/**
 * bench_ways - a warm-up and b->rounds rounds of each of them, in turns
 *
 * A way that this machine or its limits do not offer (EOPNOTSUPP, ENOSPC,
 * EDQUOT) is left out.  Says what went wrong; an exit status.
 */
int bench_ways(struct bench *b, const struct way *ways, size_t nr,
	       size_t pages);
bool bench_not_offered(int err);

/* ---- the comparisons; each says what went wrong: an exit status ---- */

int bench_shares(struct bench *b, size_t pages); /* share.c: make and end */
int bench_frame(struct bench *b, size_t pages); /* frame.c: use */
int bench_memory(struct bench *b, size_t pages); /* memory.c */
int bench_growth(struct bench *b); /* growth.c: many live ones */

/* the ways that more than one comparison needs: share.c */
extern const struct way way_map, way_map_mmap, way_map_bare, way_map_gntdev;
extern const struct way way_grant, way_grant_bare, way_grant_system;
extern const struct way way_grant_again, way_gntalloc;
/* in-tree.c */
extern const struct way way_map_in_tree, way_grant_in_tree;

/* what an ioctl returned, as 0 or -errno */
int bench_result(int ret);
/* whatever a way may have left in @b */
void bench_drop(struct bench *b, size_t pages);
/* a dma-buf of the system's in b->dmabuf; -EOPNOTSUPP: there is none so large */
int bench_system_memory(struct bench *b, size_t pages);

/* ---- result.c ---- */

struct series *result_series(struct bench *b, const char *what, const char *how,
			     size_t pages);
int result_held(struct bench *b, const char *what, const char *how,
		size_t pages, int64_t bytes);
uint64_t series_median(const struct series *s);
void result_tables(const struct bench *b);
int result_json(const struct bench *b, const char *path);

#endif
