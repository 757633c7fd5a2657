// SPDX-License-Identifier: GPL-2.0-only
/*
 * dom0's end of the demo: a guest's picture on dom0's screen, not copied.
 *
 * The expected picture does not come from the mapped memory: dom0 decodes the same
 * photograph itself, and the harness compares that with a screenshot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xendmabuf.h>

#include "common/png-file.h"
#include "photo.h"
#include "picture/image.h"
#include "picture/kms.h"
#include "report.h"
#include "share/peer.h"
#include "share/share.h"
#include "system/leases.h"
#include "talk.h"

#define OUT "/run/xen-dmabuf-demo"
#define STEP_WAIT_MS 60000U
#define GUEST_WAIT_MS 180000U

struct demo {
	struct xs_handle *xs;
	struct xendmabuf *x;
	uint16_t guest;
	struct xt_share share;
	uint32_t *refs;
	struct xt_picture pic;
	void *expected; /* the photograph, decoded in dom0 */
	int dmabuf;
	struct xendmabuf_lease *lease;
	struct kms kms;
};

struct stats {
	uint64_t hypercalls;
	uint64_t maps;
	uint64_t grants;
};

static bool fail_step(const char *step, const char *why)
{
	demo_report_line("%s", why);
	return demo_report_step(false, step);
}

static int read_stats(struct stats *s)
{
	int err = xt_stats_read("hypercalls", &s->hypercalls);

	err = err ? err : xt_stats_read("maps", &s->maps);
	return err ? err : xt_stats_read("grants", &s->grants);
}

static int ask_host(const char *verb, const char *what, const char *name)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		execl("/usr/bin/world-host", "world-host", verb, what, name,
		      (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int save_expected(const struct demo *d, const char *path,
			 const char *name)
{
	int err = xdc_png_save(path, d->expected, DEMO_WIDTH, DEMO_HEIGHT,
			       DEMO_STRIDE);

	return err ? err : ask_host("save", path, name);
}

static double to_ms(uint64_t us)
{
	return (double)us / 1000;
}

static bool find_guest(struct demo *d)
{
	const char *step = "the guest has granted its picture and published it";
	const char *domid = getenv("GUEST_DOMID");
	unsigned long long paint, grant, publish;
	char facts[96];
	int err;

	d->xs = xs_open(0);
	if (!d->xs)
		return fail_step(step, "xenstore cannot be reached");
	err = xt_peer_find(d->xs, domid ? domid : "guest", &d->guest);
	if (err)
		return fail_step(step, xt_peer_find_explain(err));
	if (demo_talk_wait(d->xs, d->guest, "ready", "1", GUEST_WAIT_MS))
		return fail_step(
			step,
			"the guest did not become ready: see its console");
	err = xt_share_find(d->xs, d->guest, DEMO_SHARE, &d->share);
	if (err)
		return fail_step(step, xt_share_explain(err));
	d->pic = d->share.pic;
	if (d->pic.width != DEMO_WIDTH || d->pic.height != DEMO_HEIGHT ||
	    d->pic.stride != DEMO_STRIDE)
		return fail_step(step,
				 "the picture does not have the expected size");
	demo_report_line(
		"Domain %u, a guest, decoded a photograph into %u pages of its own memory:",
		d->guest, d->pic.pages);
	demo_report_line("  %s, scaled to %u x %u.", DEMO_IMAGE, d->pic.width,
			 d->pic.height);
	demo_talk_read(d->xs, d->guest, DEMO_KEY_FACTS, facts, sizeof(facts));
	if (sscanf(facts, "%llu %llu %llu", &paint, &grant, &publish) == 3)
		demo_report_line(
			"  Decoding took %.0f ms, granting %u references to domain 0 %.2f ms, publishing them in xenstore %.1f ms.",
			to_ms(paint), d->pic.pages, to_ms(grant),
			to_ms(publish));
	return demo_report_step(true, step);
}

static bool map_picture(struct demo *d)
{
	const char *step = "dom0 maps the guest's picture";
	struct stats before, after;
	uint64_t start, end;
	int err;

	d->refs = calloc(d->pic.pages, sizeof(*d->refs));
	if (!d->refs)
		return fail_step(step, "out of memory");
	err = xendmabuf_directory_read(d->guest, d->share.directory, d->refs,
				       d->pic.pages);
	if (err)
		return fail_step(step, xendmabuf_explain(NULL, err));
	err = xendmabuf_open(&d->x);
	if (err)
		return fail_step(step, xendmabuf_explain(NULL, err));
	if (read_stats(&before))
		return fail_step(
			step, "cannot read the driver's statistics in debugfs");
	start = demo_now_us();
	err = xendmabuf_map(d->x, d->guest, d->refs, d->pic.pages, 0,
			    &d->dmabuf, &d->lease);
	end = demo_now_us();
	if (err) {
		d->dmabuf = -1;
		return fail_step(step, xendmabuf_explain(d->x, err));
	}
	read_stats(&after);
	demo_report_line(
		"Domain 0 mapped %u references as one dma-buf: %.1f ms, %llu grant-table hypercall(s).",
		d->pic.pages, to_ms(end - start),
		(unsigned long long)(after.hypercalls - before.hypercalls));
	return demo_report_step(true, step);
}

static bool compare_with_expected(const struct demo *d)
{
	size_t len = (size_t)d->pic.pages * XENDMABUF_PAGE_SIZE;
	bool same;
	void *map;

	map = mmap(NULL, len, PROT_READ, MAP_SHARED, d->dmabuf, 0);
	if (map == MAP_FAILED) {
		demo_report_line("mmap of the dma-buf: %s", strerror(errno));
		return false;
	}
	xendmabuf_access_begin(d->dmabuf, XENDMABUF_READ);
	same = !memcmp(map, d->expected, (size_t)DEMO_STRIDE * DEMO_HEIGHT);
	xendmabuf_access_end(d->dmabuf, XENDMABUF_READ);
	munmap(map, len);
	return same;
}

static bool compare_memory(struct demo *d)
{
	const char *step =
		"dom0's CPU reads the photograph from the mapped memory";
	struct xt_image img;

	d->expected = malloc((size_t)DEMO_STRIDE * DEMO_HEIGHT);
	if (!d->expected)
		return fail_step(step, "out of memory");
	if (demo_paint(d->expected, &img))
		return fail_step(step, img.why);
	return demo_report_step(compare_with_expected(d), step);
}

static bool show_picture(struct demo *d)
{
	const char *step =
		"a stock KMS driver imports the picture and shows it";
	struct kms_wish wish = {
		.pic = &d->pic,
		.dmabuf = d->dmabuf,
	};
	struct stats before, after;
	uint64_t start, imported, shown;

	read_stats(&before);
	start = demo_now_us();
	if (kms_open(&d->kms, &wish))
		return fail_step(step, d->kms.why);
	imported = demo_now_us();
	if (kms_show(&d->kms))
		return fail_step(step, d->kms.why);
	shown = demo_now_us();
	read_stats(&after);
	demo_report_line(
		"The stock driver of %s (%s) imported the dma-buf by PRIME (%.1f ms) and shows it on %s, mode %s (%.1f ms): %llu grant-table hypercalls.",
		d->kms.card, d->kms.driver, to_ms(imported - start),
		d->kms.connector_name, d->kms.mode.name,
		to_ms(shown - imported),
		(unsigned long long)(after.hypercalls - before.hypercalls));
	return demo_report_step(true, step);
}

static bool take_screen(struct demo *d, const char *screen,
			const char *expected, const char *step)
{
	char path[128];
	int err;

	err = ask_host("screenshot", screen, NULL);
	if (!err) {
		snprintf(path, sizeof(path), OUT "/%s", expected);
		err = save_expected(d, path, expected);
	}
	if (err)
		demo_report_line("world-host: %s", strerror(-err));
	return demo_report_step(!err, step);
}

static bool change_picture(struct demo *d)
{
	unsigned long long took = 0, guest_calls = 0, guest_grants = 0;
	struct stats before, after;
	uint64_t start, end;
	char ack[96];
	int n;

	read_stats(&before);
	if (demo_talk_write(d->xs, d->guest, DEMO_KEY_CMD, "change") ||
	    demo_talk_wait(d->xs, d->guest, DEMO_KEY_ACK, "change",
			   STEP_WAIT_MS))
		return demo_report_step(
			false, "the guest changes the picture in place");
	demo_talk_read(d->xs, d->guest, DEMO_KEY_ACK, ack, sizeof(ack));
	n = sscanf(ack, "change %llu %llu %llu", &took, &guest_calls,
		   &guest_grants);
	demo_report_step(true, "the guest changes the picture in place");
	demo_change(d->expected);

	start = demo_now_us();
	if (kms_refresh(&d->kms))
		return fail_step("the screen shows the change after DIRTYFB",
				 d->kms.why);
	end = demo_now_us();
	if (!take_screen(d, "screen-changed", "wanted-changed.png",
			 "the screen shows the change after DIRTYFB"))
		return false;
	read_stats(&after);
	demo_report_line(
		"The guest changed the picture in place (%.1f ms); after DIRTYFB (%.1f ms) the screen showed the change.",
		to_ms(took), to_ms(end - start));
	demo_report_line(
		"  For that, domain 0 made %llu maps and %llu grant-table hypercalls%s.",
		(unsigned long long)(after.maps - before.maps),
		(unsigned long long)(after.hypercalls - before.hypercalls),
		n < 3 ? ""
		: !guest_grants && !guest_calls
			? "; the guest made 0 grants and 0 hypercalls"
			: ", but the guest made grants or hypercalls");
	return demo_report_step(
		       after.maps == before.maps &&
			       after.grants == before.grants &&
			       after.hypercalls == before.hypercalls &&
			       !guest_calls && !guest_grants,
		       "the change needed no further grant, map or hypercall") &&
	       demo_report_step(compare_with_expected(d),
				"dom0's CPU reads the changed picture");
}

static bool ask_for_end(struct demo *d)
{
	const char *step =
		"the guest revokes its grant: REVOKED, not RETURNED, while dom0 shows the picture";
	char lease[64], state[16] = "";
	unsigned int in_use = 0;

	if (demo_talk_write(d->xs, d->guest, DEMO_KEY_CMD, "end") ||
	    demo_talk_wait(d->xs, d->guest, DEMO_KEY_ACK, "end", STEP_WAIT_MS))
		return fail_step(step, "the guest does not answer");
	demo_talk_read(d->xs, d->guest, DEMO_KEY_LEASE, lease, sizeof(lease));
	sscanf(lease, "%15s %u", state, &in_use);
	demo_report_line(
		"The guest revoked its grant: its lease is %s, %u of %u pages still in use by domain 0.",
		state, in_use, d->pic.pages);
	return demo_report_step(
		!strcmp(state, "REVOKED") && in_use == d->pic.pages, step);
}

static bool let_go_of_picture(struct demo *d)
{
	const char *step =
		"dom0 lets go of the picture: dom0's lease is RETURNED";
	uint64_t start, mine, theirs;
	int err;

	start = demo_now_us();
	kms_close(&d->kms);
	close(d->dmabuf);
	d->dmabuf = -1;
	err = xendmabuf_lease_wait(d->lease, STEP_WAIT_MS);
	mine = demo_now_us();
	if (err)
		return fail_step(step, xendmabuf_explain(d->x, err));
	demo_report_step(true, step);
	step = "the guest's lease is RETURNED, too";
	if (demo_talk_wait(d->xs, d->guest, DEMO_KEY_LEASE, "RETURNED 0",
			   STEP_WAIT_MS))
		return fail_step(step, "the guest's lease is not RETURNED");
	theirs = demo_now_us();
	demo_report_line(
		"Domain 0 let go of the picture (%.1f ms until every page was unmapped); %.0f ms later the guest saw its lease RETURNED: it can reuse the memory.",
		to_ms(mine - start), to_ms(theirs - mine));
	return demo_report_step(true, step);
}

static void report_sum(const struct demo *d)
{
	demo_report_line(
		"Bytes copied between the domains: 0. Granted once, mapped once, shown twice.");
	if (!strcmp(d->kms.driver, "cirrus"))
		demo_report_line(
			"  (The cirrus driver itself copies each frame, %u bytes, from the guest's pages into its card's memory: that card scans out nothing else.)",
			DEMO_STRIDE * DEMO_HEIGHT);
	demo_report_line(
		"On the host: screen.png and screen-changed.png are what the screen showed; wanted.png and wanted-changed.png are what it should show, decoded from the photograph without the guest.");
}

static void run_steps(struct demo *d)
{
	if (!find_guest(d) || !map_picture(d) || !compare_memory(d) ||
	    !show_picture(d) ||
	    !take_screen(d, "screen", "wanted.png", "a screenshot is taken") ||
	    !change_picture(d) || !ask_for_end(d) || !let_go_of_picture(d))
		return;
	report_sum(d);
}

static void free_demo(struct demo *d)
{
	if (d->kms.fd >= 0)
		kms_close(&d->kms);
	if (d->dmabuf >= 0)
		close(d->dmabuf);
	xendmabuf_lease_close(d->lease);
	xendmabuf_close(d->x);
	xs_close(d->xs);
	free(d->refs);
	free(d->expected);
}

int main(void)
{
	struct demo d = { .dmabuf = -1, .kms.fd = -1 };
	int ret;

	if (mkdir(OUT, 0700) && errno != EEXIST) {
		perror(OUT);
		return 1;
	}
	if (demo_report_open(OUT "/demo.txt", 12)) {
		perror(OUT "/demo.txt");
		return 1;
	}
	run_steps(&d);
	free_demo(&d);
	ret = demo_report_close();
	if (ask_host("save", OUT "/demo.txt", "demo.txt"))
		printf("# demo.txt could not be saved\n");
	return ret;
}
