/* SPDX-License-Identifier: GPL-2.0-only */
/* State of one run: open devices, references, and what a way holds between steps */
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
	uint16_t peers[XT_BENCH_PEERS_MAX]; /* further domains, for growth.c */
	size_t nr_peers;
	uint32_t *refs; /* that domain's */
	size_t nr_refs;
	size_t first; /* index of the first reference to map: see growth.c */
	int gntdev; /* these four are -1 if the device does not exist */
	int gntalloc;
	int in_tree; /* a gntdev with the in-tree dma-buf calls */
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

/* the result of an ioctl, as 0 or -errno */
int xt_bench_result(int ret);

/* allocates b->dmabuf from the system; -EOPNOTSUPP: not of this size */
int xt_bench_system_memory(struct xt_bench *b, size_t pages);

/* release one thing that a way may have left in @b */
void xt_bench_drop_va(struct xt_bench *b);
void xt_bench_drop_dmabuf(struct xt_bench *b);
void xt_bench_drop_lease(struct xt_bench *b);
/* release all three; @pages is not used: see struct xt_way */
void xt_bench_drop(struct xt_bench *b, size_t pages);

#endif
