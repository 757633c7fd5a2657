/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run of the benchmark has open, and what its ways hold meanwhile */
#ifndef XT_BENCH_STATE_H
#define XT_BENCH_STATE_H

#include <stddef.h>
#include <stdint.h>
#include <xendmabuf.h>

#define XT_BENCH_FRAME_PAGES 8100U /* 3840x2160 in XRGB8888 */
#define XT_BENCH_PEERS_MAX 16U

struct xt_series;
struct xt_held;

struct xt_bench {
	struct xendmabuf *x;
	uint16_t domid; /* the other domain */
	uint16_t peers[XT_BENCH_PEERS_MAX]; /* more of them, for growth.c */
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
	struct xt_series *series;
	size_t nr_series;
	struct xt_held *held;
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

/* what an ioctl returned, as 0 or -errno */
int xt_bench_result(int ret);

/* a dma-buf of the system's in b->dmabuf; -EOPNOTSUPP: there is none so large */
int xt_bench_system_memory(struct xt_bench *b, size_t pages);

/* let go of one thing that a way may have left in @b */
void xt_bench_drop_va(struct xt_bench *b);
void xt_bench_drop_dmabuf(struct xt_bench *b);
void xt_bench_drop_lease(struct xt_bench *b);
/* and of all three; @pages is not used: see struct xt_way */
void xt_bench_drop(struct xt_bench *b, size_t pages);

#endif
