// SPDX-License-Identifier: GPL-2.0-only
/* Making one more share of one page while many others live. */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "cmd.h"

#define ROUNDS 20U

static const size_t counts[] = { 100, 1000, 10000 };

/* two descriptors each, and some more */
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

struct live {
	int dmabuf;
	struct xendmabuf_lease *lease;
};

/* One more, which lives on. */
static int add(struct bench *b, const struct way *way, struct live *live)
{
	int err = way->ready ? way->ready(b, 1) : 0;

	if (!err)
		err = way->step[0](b, 1);
	if (err) {
		way->done(b, 1);
		return err;
	}
	live->dmabuf = b->dmabuf;
	live->lease = b->lease;
	b->dmabuf = -1;
	b->lease = NULL;
	return 0;
}

static int grow(struct bench *b, const struct way *way, struct live *live)
{
	int err, ret = EXIT_OK;
	size_t i, n = 0;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]) && !ret; i++) {
		for (; n < counts[i]; n++) {
			/* Xen counts to 255 for each reference */
			b->first = n;
			if (n + 1 >= b->nr_refs)
				goto out;
			err = add(b, way, &live[n]);
			if (!err)
				continue;
			say("%zu shares of one page live: no more (%s)", n,
			    xendmabuf_explain(b->x, err));
			goto out;
		}
		say("one more share while %zu live", n);
		b->live = n;
		b->first = n;
		ret = bench_ways(b, way, 1, 1);
	}
out:
	b->live = 0;
	b->first = 0;
	while (n--) {
		close(live[n].dmabuf);
		xendmabuf_lease_close(live[n].lease);
	}
	return ret;
}

int bench_growth(struct bench *b)
{
	const size_t most = counts[sizeof(counts) / sizeof(counts[0]) - 1];
	unsigned int rounds = b->rounds;
	struct live *live;
	int ret;

	if (allow_descriptors(most)) {
		say("too few descriptors for %zu shares: not tried", most);
		return EXIT_OK;
	}
	live = calloc(most, sizeof(*live));
	if (!live)
		return fail("out of memory");
	b->rounds = ROUNDS;
	ret = grow(b, &way_map, live);
	if (!ret)
		ret = grow(b, &way_grant_system, live);
	b->rounds = rounds;
	free(live);
	return ret;
}
