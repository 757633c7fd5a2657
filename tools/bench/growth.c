// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making one more share while many others exist: more and more small ones; after
 * half of them were released in random order; many with other domains; and as many
 * large ones as fit.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "say.h"
#include "compare.h"
#include "ways.h"

#define ROUNDS 20U
#define LARGE_ROUNDS 3U
#define BESIDE_PEERS 1000U
#define BESIDE_HOLES 300U /* pages, beside one */

static const size_t counts[] = { 100, 1000, 10000 };
#define MOST 10000U

struct live {
	int dmabuf;
	struct xendmabuf_lease *lease;
};

/* two descriptors for each share, and some more */
static int allow_descriptors(size_t shares)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	limit.rlim_cur = 2 * shares + 64;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

/* One more share, kept in @live */
static int add_share(struct xt_bench *b, const struct xt_way *way, size_t pages,
		     struct live *live)
{
	int err = way->ready ? way->ready(b, pages) : 0;

	if (!err)
		err = way->step[0](b, pages);
	if (err) {
		way->done(b, pages);
		return err;
	}
	live->lease = b->lease;
	b->lease = NULL;
	live->dmabuf = -1;
	if (way != &xt_way_grant_again) {
		live->dmabuf = b->dmabuf;
		b->dmabuf = -1;
	}
	return 0;
}

static void drop_share(struct live *live)
{
	if (live->dmabuf >= 0)
		close(live->dmabuf);
	xendmabuf_lease_close(live->lease);
}

/* the same order in each run */
static void shuffle_shares(struct live *live, size_t n)
{
	uint32_t seed = 1;
	struct live other;
	size_t k;

	for (; n > 1; n--) {
		seed = seed * 1664525 + 1013904223;
		k = (seed >> 8) % n;
		other = live[k];
		live[k] = live[n - 1];
		live[n - 1] = other;
	}
}

/* Releases half of them in random order, so that the free space is fragmented */
static int beside_holes(struct xt_bench *b, struct xt_way way,
			struct live *live, size_t *n)
{
	const size_t half = *n / 2;
	int ret;

	shuffle_shares(live, *n);
	while (*n > half)
		drop_share(&live[--*n]);
	xt_say("one more share beside %zu, after others were released in random order",
	       *n);
	way.how = "xen-dmabuf, beside holes";
	b->live = *n;
	b->first = 0;
	ret = xt_bench_ways(b, &way, 1, 1);
	if (!ret && b->nr_refs >= BESIDE_HOLES)
		ret = xt_bench_ways(b, &way, 1, BESIDE_HOLES);
	return ret;
}

/* The shares that exist meanwhile are with other domains */
static int beside_peers(struct xt_bench *b, struct xt_way way,
			struct live *live)
{
	const uint16_t domid = b->domid;
	int err = 0, ret = XT_EXIT_OK;
	size_t n = 0;

	if (!b->nr_peers)
		return XT_EXIT_OK;
	while (n < BESIDE_PEERS && !err) {
		b->domid = b->peers[n % b->nr_peers];
		err = add_share(b, &way, 1, &live[n]);
		if (!err)
			n++;
	}
	b->domid = domid;
	if (err && !xt_bench_not_offered(err)) {
		ret = xt_fail("%s for domain %u, the %zuth: %s", way.what[0],
			      b->peers[n % b->nr_peers], n + 1,
			      xendmabuf_explain(b->x, err));
	} else if (err) {
		xt_say("%zu shares with other domains, and no more fit (%s)", n,
		       xendmabuf_explain(b->x, err));
	} else {
		xt_say("one more share beside %zu with %zu other domains", n,
		       b->nr_peers);
		way.how = "xen-dmabuf, beside peers";
		b->live = n;
		ret = xt_bench_ways(b, &way, 1, 1);
	}
	b->live = 0;
	while (n)
		drop_share(&live[--n]);
	return ret;
}

/* More and more shares of one page */
static int grow_small(struct xt_bench *b, const struct xt_way *way,
		      struct live *live)
{
	int err, ret = XT_EXIT_OK;
	size_t i, n = 0;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]) && !ret; i++) {
		for (; n < counts[i]; n++) {
			/* Xen allows at most 255 mappings of one reference */
			b->first = n;
			if (n + 1 >= b->nr_refs)
				goto out;
			err = add_share(b, way, 1, &live[n]);
			if (!err)
				continue;
			xt_say("%zu shares of one page, and no more fit (%s)",
			       n, xendmabuf_explain(b->x, err));
			goto out;
		}
		xt_say("one more share beside %zu", n);
		b->live = n;
		b->first = n;
		ret = xt_bench_ways(b, way, 1, 1);
	}
	if (!ret)
		ret = beside_holes(b, *way, live, &n);
out:
	b->live = 0;
	b->first = 0;
	while (n)
		drop_share(&live[--n]);
	return ret;
}

/* As many large shares as fit; the last one is measured */
static int fill_with_frames(struct xt_bench *b, const struct xt_way *way,
			    struct live *live)
{
	const size_t pages = XT_BENCH_FRAME_PAGES;
	int err = 0, ret = XT_EXIT_OK;
	size_t n = 0;

	if (b->nr_refs < pages)
		return XT_EXIT_OK;
	while (n < MOST && !err) {
		err = add_share(b, way, pages, &live[n]);
		if (!err)
			n++;
	}
	if (err && !xt_bench_not_offered(err))
		ret = xt_fail("%s of %zu pages, the %zuth: %s", way->what[0],
			      pages, n + 1, xendmabuf_explain(b->x, err));
	if (n && !ret) {
		xt_say("%zu shares of %zu pages, as many as fit: measuring the last one",
		       n, pages);
		drop_share(&live[--n]);
		b->live = n;
		ret = xt_bench_ways(b, way, 1, pages);
	}
	b->live = 0;
	while (n)
		drop_share(&live[--n]);
	return ret;
}

int xt_bench_growth(struct xt_bench *b)
{
	unsigned int rounds = b->rounds;
	struct live *live;
	int ret;

	if (allow_descriptors(MOST)) {
		xt_say("too few file descriptors for %u shares: left out",
		       MOST);
		return XT_EXIT_OK;
	}
	live = calloc(MOST, sizeof(*live));
	if (!live)
		return xt_fail("out of memory");
	b->rounds = ROUNDS;
	ret = grow_small(b, &xt_way_map, live);
	if (!ret)
		ret = grow_small(b, &xt_way_grant_system, live);
	if (!ret)
		ret = beside_peers(b, xt_way_grant_system, live);
	b->rounds = LARGE_ROUNDS;
	if (!ret)
		ret = fill_with_frames(b, &xt_way_map, live);
	/* One dma-buf, granted many times */
	if (!ret && !xt_way_grant_system.ready(b, XT_BENCH_FRAME_PAGES))
		ret = fill_with_frames(b, &xt_way_grant_again, live);
	if (b->dmabuf >= 0)
		close(b->dmabuf);
	b->dmabuf = -1;
	b->rounds = rounds;
	free(live);
	return ret;
}
