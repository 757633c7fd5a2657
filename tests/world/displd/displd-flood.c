// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that sends requests as fast as they are served, for test-displd-wayland.
 * data/phase says which: "modes" (off and on again), "framebuffers" (attach, show,
 * detach) or "idle".  After a phase, but not when idle, data/did is its name, the
 * number of its rounds, the last error, and "lost" if an answer did not come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

#define PHASE_MAX 32

static struct hostile h;
static unsigned int rounds;
static int last_error;
static bool lost;

static void ask(struct xendispl_req req)
{
	int got = hostile_ask(&h, req);

	if (got > 0)
		lost = true;
	if (got)
		last_error = got;
}

static void read_phase(char *phase)
{
	char *text = xs_read(h.xs, XBT_NULL, "data/phase", NULL);

	snprintf(phase, PHASE_MAX, "%s", text ? text : "idle");
	free(text);
}

static void change_mode(void)
{
	struct xendispl_req off = hostile_with_fb(XENDISPL_OP_SET_CONFIG, 0);

	memset(&off.op, 0, sizeof(off.op));
	ask(off);
	ask(hostile_with_fb(XENDISPL_OP_SET_CONFIG, 5));
}

static void change_framebuffer(void)
{
	uint64_t cookie = 100 + rounds;

	ask(hostile_attach(1, cookie, 64, 16, XR24));
	ask(hostile_with_fb(XENDISPL_OP_SET_CONFIG, cookie));
	ask(hostile_with_fb(XENDISPL_OP_FB_DETACH, cookie));
}

static void run_phase(const char *phase)
{
	char now[PHASE_MAX], did[96];

	rounds = 0;
	last_error = 0;
	lost = false;
	do {
		if (!strcmp(phase, "modes"))
			change_mode();
		else if (!strcmp(phase, "framebuffers"))
			change_framebuffer();
		else
			usleep(100000);
		rounds++;
		if (rounds % 16 == 0 || !strcmp(phase, "idle"))
			read_phase(now);
	} while (!lost && !strcmp(now, phase));
	if (!strcmp(phase, "idle"))
		return;
	snprintf(did, sizeof(did), "%s %u %d%s", phase, rounds, last_error,
		 lost ? " lost" : "");
	puts(did);
	xs_write(h.xs, XBT_NULL, "data/did", did, (unsigned int)strlen(did));
}

int main(void)
{
	uint32_t dir_ref, page_ref, *dir;
	char phase[PHASE_MAX];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (hostile_open(&h) || !hostile_connect(&h))
		return 1;
	dir = hostile_page(&h, &dir_ref);
	hostile_page(&h, &page_ref);
	dir[1] = page_ref;
	ask(hostile_create(1, 64, 16, 4096, dir_ref));
	ask(hostile_attach(1, 5, 64, 16, XR24));
	if (last_error) {
		printf("no framebuffer: %d\n", last_error);
		return 1;
	}
	xs_write(h.xs, XBT_NULL, "data/ready", "1", 1);
	for (;;) {
		read_phase(phase);
		run_phase(phase);
	}
}
