// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of the demo: holds a picture that dom0 shows.
 *
 * Obeys commands of dom0 in xenstore: "change" changes the picture in place, "end"
 * revokes the grant.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "photo.h"
#include "picture/image.h"
#include "share/granting.h"
#include "share/peer.h"
#include "system/leases.h"
#include "talk.h"

#define COMMAND_WAIT_MS 300000U
#define RETURN_WAIT_MS 120000U

static void load_module(const char *name)
{
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", name, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	/* opening the device shows whether it was loaded */
}

static int complain(const char *what, const char *why)
{
	printf("demo guest: cannot %s: %s\n", what, why);
	return 1;
}

static int tell_lease(struct xt_grant *g, uint32_t *state)
{
	struct xen_dmabuf_lease_info info;
	char text[64];
	int err;

	err = xendmabuf_lease_info(g->lease, &info, sizeof(info));
	if (err)
		return err;
	snprintf(text, sizeof(text), "%s %u", xendmabuf_state_name(info.state),
		 info.pages_in_use);
	*state = info.state;
	return demo_talk_write(g->xs, g->share.owner, DEMO_KEY_LEASE, text);
}

static int change_picture(struct xt_grant *g)
{
	uint64_t calls[2] = { 0 }, grants[2] = { 0 };
	uint64_t start = demo_now_us();
	bool figures;
	char text[96];
	int err;

	figures = !xt_stats_read("hypercalls", &calls[0]) &&
		  !xt_stats_read("grants", &grants[0]);
	err = xendmabuf_access_begin(g->dmabuf,
				     XENDMABUF_READ | XENDMABUF_WRITE);
	if (err)
		return complain("write into the dma-buf", strerror(-err));
	demo_change(g->map);
	err = xendmabuf_access_end(g->dmabuf, XENDMABUF_READ | XENDMABUF_WRITE);
	if (err)
		return complain("write into the dma-buf", strerror(-err));
	printf("demo guest: changed the picture in place\n");
	/* without debugfs there are no figures */
	if (figures && !xt_stats_read("hypercalls", &calls[1]) &&
	    !xt_stats_read("grants", &grants[1]))
		snprintf(text, sizeof(text), "change %llu %llu %llu",
			 (unsigned long long)(demo_now_us() - start),
			 (unsigned long long)(calls[1] - calls[0]),
			 (unsigned long long)(grants[1] - grants[0]));
	else
		snprintf(text, sizeof(text), "change %llu",
			 (unsigned long long)(demo_now_us() - start));
	return demo_talk_write(g->xs, g->share.owner, DEMO_KEY_ACK, text);
}

/* Revokes while dom0 still maps the picture, so that dom0 sees both states */
static int end_grant(struct xt_grant *g)
{
	uint32_t state;
	int err;

	if (xt_grant_end(g))
		return complain("end the grant", g->why);
	err = tell_lease(g, &state);
	if (!err)
		err = demo_talk_write(g->xs, g->share.owner, DEMO_KEY_ACK,
				      "end");
	if (!err)
		err = xendmabuf_lease_wait(g->lease, RETURN_WAIT_MS);
	if (err)
		return complain("wait for the memory's return", strerror(-err));
	err = tell_lease(g, &state);
	printf("demo guest: lease %s\n", xendmabuf_state_name(state));
	return err || state != XEN_DMABUF_LEASE_RETURNED;
}

static int serve_commands(struct xt_grant *g)
{
	uint64_t limit = demo_now_us() + (uint64_t)COMMAND_WAIT_MS * 1000;
	char done[32] = "", cmd[32];

	while (demo_now_us() < limit) {
		demo_talk_read(g->xs, g->share.owner, DEMO_KEY_CMD, cmd,
			       sizeof(cmd));
		if (!strcmp(cmd, done)) {
			poll(NULL, 0, 50);
			continue;
		}
		memcpy(done, cmd, sizeof(done));
		if (!strcmp(cmd, "change") && change_picture(g))
			return 1;
		if (!strcmp(cmd, "end"))
			return end_grant(g);
	}
	return complain("wait for dom0", "no command arrived in time");
}

static int hold_picture(struct xt_grant *g)
{
	uint64_t t[4];
	struct xt_image img;
	char text[96];
	int err;

	t[0] = demo_now_us();
	g->share.pic = demo_picture();
	if (xt_grant_alloc(g, XENDMABUF_ALLOC_ANY))
		return complain("make memory for the picture", g->why);
	err = xendmabuf_access_begin(g->dmabuf, XENDMABUF_WRITE);
	if (err)
		return complain("write into the dma-buf", strerror(-err));
	if (demo_paint(g->map, &img))
		return complain("decode " DEMO_IMAGE, img.why);
	err = xendmabuf_access_end(g->dmabuf, XENDMABUF_WRITE);
	if (err)
		return complain("write into the dma-buf", strerror(-err));
	t[1] = demo_now_us();
	if (xt_grant_make(g))
		return complain("grant the picture", g->why);
	t[2] = demo_now_us();
	if (xt_grant_publish(g))
		return complain("publish the picture", g->why);
	t[3] = demo_now_us();
	snprintf(text, sizeof(text), "%llu %llu %llu",
		 (unsigned long long)(t[1] - t[0]),
		 (unsigned long long)(t[2] - t[1]),
		 (unsigned long long)(t[3] - t[2]));
	err = demo_talk_write(g->xs, g->share.owner, DEMO_KEY_FACTS, text);
	/* empty, so that commands of an earlier demo are not obeyed */
	if (!err)
		err = demo_talk_write(g->xs, g->share.owner, DEMO_KEY_CMD, "");
	if (!err)
		err = demo_talk_write(g->xs, g->share.owner, DEMO_KEY_ACK, "");
	if (!err)
		err = demo_talk_write(g->xs, g->share.owner, "ready", "1");
	if (err)
		return complain("write to xenstore", strerror(-err));
	printf("demo guest: granted %u pages to domain %u\n",
	       g->share.pic.pages, g->share.peer);
	return serve_commands(g);
}

int main(void)
{
	struct xt_grant g = { .dmabuf = -1, .share = { .name = DEMO_SHARE } };
	int err, ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	load_module("xen_dmabuf");
	load_module("xen-gntalloc");
	err = xendmabuf_open(&g.x);
	if (err)
		return complain("open /dev/xen/dmabuf",
				xendmabuf_explain(NULL, err));
	g.xs = xs_open(0);
	if (!g.xs) {
		xendmabuf_close(g.x);
		return complain("reach xenstore", strerror(errno));
	}
	ret = hold_picture(&g);
	/* otherwise dom0 would wait until it times out */
	if (ret && !xt_peer_self(g.xs, &g.share.owner))
		demo_talk_write(g.xs, g.share.owner, DEMO_KEY_ACK, "failed");
	xt_grant_free(&g);
	xs_close(g.xs);
	xendmabuf_close(g.x);
	return ret;
}
