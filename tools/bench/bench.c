// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/number.h"
#include "system/device.h"
#include "share/peer.h"
#include "say.h"
#include "share/source.h"
#include "compare.h"
#include "result.h"

/* Pages; 300 are a frame of 640x480, 2025 of 1080p, 8100 of 2160p */
static const size_t sizes[] = { 1, 2, 16, 300, 900, 2025, 8100, 32400, 65535 };
static const size_t quick_sizes[] = { 1, 300 };
static const size_t frames[] = { 1, 2, 300, 900, 2025, 8100 };

struct request {
	struct xt_place place;
	const char *json;
	const char *peers[XT_BENCH_PEERS_MAX];
	size_t nr_peers;
	uint64_t most;
	unsigned int rounds;
	bool quick;
};

static int compare_all(struct xt_bench *b, const struct request *req)
{
	const size_t *size = req->quick ? quick_sizes : sizes;
	size_t nr = req->quick ? sizeof(quick_sizes) / sizeof(*size)
			       : sizeof(sizes) / sizeof(*size);
	int ret = XT_EXIT_OK;
	size_t i;

	for (i = 0; i < nr && !ret; i++)
		if (size[i] <= b->nr_refs)
			ret = xt_bench_shares(b, size[i]);
	for (i = 0; i < sizeof(frames) / sizeof(*frames) && !ret; i++)
		if (frames[i] <= b->nr_refs &&
		    (!req->quick || frames[i] == 300))
			ret = xt_bench_frame(b, frames[i]);
	if (!ret && !req->quick)
		ret = xt_bench_memory(b, b->nr_refs);
	if (!ret && !req->quick)
		ret = xt_bench_growth(b);
	return ret;
}

static int find_peers(struct xt_bench *b, const struct request *req)
{
	struct xs_handle *xs = xs_open(0);
	int err = 0;

	for (; b->nr_peers < req->nr_peers && !err; b->nr_peers++)
		err = xt_peer_find(xs, req->peers[b->nr_peers],
				   &b->peers[b->nr_peers]);
	xs_close(xs);
	return err ? xt_fail("cannot find domain '%s': %s",
			     req->peers[b->nr_peers - 1],
			     xt_peer_find_explain(err))
		   : XT_EXIT_OK;
}

static int run_benchmark(const struct request *req, const struct xt_source *src)
{
	struct xt_bench b = {
		.domid = src->domid,
		.refs = src->refs,
		.nr_refs = src->pic.pages < req->most ? src->pic.pages
						      : req->most,
		.rounds = req->rounds,
		.dmabuf = -1,
	};
	int ret;

	ret = find_peers(&b, req);
	if (ret)
		return ret;
	/* Not restricted: this maps and grants */
	ret = xt_device_open(&b.x, 0, 0);
	if (ret)
		return ret;
	b.granted = calloc(b.nr_refs, sizeof(*b.granted));
	if (!b.granted) {
		ret = xt_fail("out of memory");
		goto close_device;
	}
	b.gntdev = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	b.gntalloc = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	b.bare = open("/dev/xdb-bench", O_RDWR | O_CLOEXEC);
	b.in_tree = open("/dev/xen/gntdev-in-tree", O_RDWR | O_CLOEXEC);
	if (b.gntdev < 0)
		xt_say("gntdev is left out: /dev/xen/gntdev: %s",
		       strerror(errno));
	ret = compare_all(&b, req);
	if (!ret && req->json)
		ret = xt_result_json(&b, req->json);
	if (!ret && (!req->json || strcmp(req->json, "-")))
		xt_result_tables(&b);
	if (b.gntdev >= 0)
		close(b.gntdev);
	if (b.gntalloc >= 0)
		close(b.gntalloc);
	if (b.bare >= 0)
		close(b.bare);
	if (b.in_tree >= 0)
		close(b.in_tree);
	free(b.series);
	free(b.held);
	free(b.granted);
close_device:
	xendmabuf_close(b.x);
	return ret;
}

/* One option; its argument is optarg */
static int parse_option(int opt, struct request *req)
{
	uint64_t n;

	switch (opt) {
	case 'f':
		req->place.from = optarg;
		break;
	case 'j':
		req->json = optarg;
		break;
	case 'm':
		if (xdc_parse_u64(optarg, XT_SHARE_PAGES_MAX, &req->most) ||
		    !req->most)
			return xt_usage(
				&xt_cmd_bench,
				"'%s' is not a number of pages from 1 to %u",
				optarg, XT_SHARE_PAGES_MAX);
		break;
	case 'p':
		if (req->nr_peers == XT_BENCH_PEERS_MAX)
			return xt_usage(&xt_cmd_bench,
					"more than %u times --peer",
					XT_BENCH_PEERS_MAX);
		req->peers[req->nr_peers++] = optarg;
		break;
	case 'q':
		req->quick = true;
		break;
	case 'R':
		req->place.refs = optarg;
		break;
	case 'r':
		if (xdc_parse_u64(optarg, XT_BENCH_ROUNDS_MAX, &n) || !n)
			return xt_usage(
				&xt_cmd_bench,
				"'%s' is not a number of rounds from 1 to %u",
				optarg, XT_BENCH_ROUNDS_MAX);
		req->rounds = (unsigned int)n;
		break;
	default:
		return xt_usage(&xt_cmd_bench, "unknown option");
	}
	return 0;
}

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "json", required_argument, NULL, 'j' },
		{ "most", required_argument, NULL, 'm' },
		{ "peer", required_argument, NULL, 'p' },
		{ "quick", no_argument, NULL, 'q' },
		{ "refs", required_argument, NULL, 'R' },
		{ "rounds", required_argument, NULL, 'r' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (parse_option(opt, req))
			return XT_EXIT_USAGE;
	return xt_place_end(&xt_cmd_bench, argc, argv, &req->place);
}

static int run_bench(int argc, char **argv)
{
	struct request req = { .rounds = 5, .most = XT_SHARE_PAGES_MAX };
	struct xt_source src;
	int ret;

	ret = parse_arguments(argc, argv, &req);
	if (!ret)
		ret = xt_source_read(&xt_cmd_bench, &req.place, &src);
	if (ret)
		return ret;
	if (src.pic.rdonly)
		ret = xt_fail(
			"%s is read-only, and a writable share is needed. Try: grant it without --read-only",
			src.who);
	else
		ret = run_benchmark(&req, &src);
	xt_source_free(&src);
	return ret;
}

const struct xt_command xt_cmd_bench = {
	.name = "bench",
	.run = run_bench,
	.summary = "measure how fast sharing is, next to the alternatives",
	.help = "Usage: xendmabuf bench DOMAIN:NAME [OPTION]...\n"
		"       xendmabuf bench --from DOMAIN --refs FILE|- [OPTION]...\n"
		"Measure mapping memory that another domain granted, and granting memory to that\n"
		"domain, next to gntdev, gntalloc and copying.\n\n"
		"  DOMAIN:NAME      a share that `xendmabuf grant --bytes N --name NAME` published; it\n"
		"                   must be writable, and its size is the largest to measure\n"
		"  --from DOMAIN    the granting domain, with --refs\n"
		"  --refs FILE|-    references as `xendmabuf grant --refs` writes them\n"
		"  --rounds N       measurements of each alternative (5); the median is shown\n"
		"  --most N         largest share to measure, in pages\n"
		"  --peer DOMAIN    also measure while shares with DOMAIN exist; up to 16 times\n"
		"  --quick          small shares only\n"
		"  --json FILE|-    write each measurement as JSON\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong arguments.\n",
};
