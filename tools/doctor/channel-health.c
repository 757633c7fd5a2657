// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "common/ask.h"
#include "doctor/channel-health.h"
#include "lib/channel/wire.h"
#include "system/budget.h"
#include "tool-paths.h"

#define CONFIG "/etc/xen-dmabuf/xen-channeld.conf"
#define PATIENCE 5000 /* ms */
#define LINE_BYTES 512

/* A line of the answer to "services", see lib/channel/wire.h */
struct service {
	char word[8], name[64], peer[64], state[16];
	uint32_t to_grant, to_map; /* pages of the peer's quota */
	char why[256];
};

/* What has been said of the peers so far, and counted */
struct report {
	struct xt_findings *found;
	const struct xen_dmabuf_info *info;
	unsigned int uses, offers;
	bool linked; /* one of them at least */
	char (*peers)[64]; /* those that were reported */
	size_t nr_peers;
};

static const char *daemon_path(void)
{
	const char *path = secure_getenv("XEN_CHANNEL_SOCKET");

	return path ? path : XCW_CONTROL_PATH;
}

static void report_absence(struct xt_findings *f, int err)
{
	if (access(XT_CHANNELD, X_OK) && err == -ENOENT)
		xt_finding_add(
			f, XT_OK, "channels", NULL,
			"xen-channeld is not installed; only channels need it");
	else if (err == -EACCES)
		xt_finding_add(f, XT_NOTE, "channels", "run as root",
			       "this user may not connect to %s",
			       daemon_path());
	else if (err == -ETIMEDOUT)
		xt_finding_add(f, XT_NOTE, "channels",
			       "as root: systemctl restart xen-channeld",
			       "xen-channeld does not answer at %s",
			       daemon_path());
	else
		xt_finding_add(f, XT_NOTE, "channels",
			       "as root: systemctl enable --now xen-channeld",
			       "xen-channeld does not run: %s: %s",
			       daemon_path(), strerror(-err));
}

static bool was_reported(struct report *r, const char *peer)
{
	char(*grown)[64];
	size_t i;

	for (i = 0; i < r->nr_peers; i++)
		if (!strcmp(r->peers[i], peer))
			return true;
	grown = realloc(r->peers, (r->nr_peers + 1) * sizeof(*grown));
	if (!grown)
		return true;
	r->peers = grown;
	snprintf(grown[r->nr_peers++], sizeof(*grown), "%s", peer);
	return false;
}

/* What stops the next frame: this domain, or what [peer] allows */
static void choose_advice(const struct report *r, const struct service *s,
			  uint32_t to_grant, char *advice, size_t size)
{
	if (s->to_grant < XT_BUDGET_HD || s->to_map < XT_BUDGET_HD)
		snprintf(advice, size,
			 "raise max-memory of [peer %s] in " CONFIG
			 " of both domains",
			 s->peer);
	else if (!xt_budget_frames(r->info, to_grant, XT_BUDGET_HD))
		xt_budget_advise_grant(r->info, XT_BUDGET_HD, advice, size);
	else
		xt_budget_advise_map(r->info, XT_BUDGET_HD, advice, size);
}

static void report_frames(struct report *r, const struct service *s)
{
	uint32_t grant = xt_budget_to_grant(r->info);
	uint32_t map = xt_budget_to_map(r->info);
	uint32_t sent = xt_budget_frames(r->info, MIN(grant, s->to_grant),
					 XT_BUDGET_HD);
	uint32_t received =
		xt_budget_frames(r->info, MIN(map, s->to_map), XT_BUDGET_HD);
	char advice[256];

	choose_advice(r, s, grant, advice, sizeof(advice));
	xt_finding_add(
		r->found, sent && received ? XT_OK : XT_NOTE, "channels",
		sent && received ? NULL : advice,
		"linked with %s; %u more 1920x1080 frames can be sent to it, and %u received",
		s->peer, sent, received);
}

static void report_peer(struct report *r, const struct service *s)
{
	if (!strcmp(s->state, "bytes"))
		xt_finding_add(
			r->found, XT_NOTE, "channels",
			"as root: modprobe xen_dmabuf, and restart xen-channeld, in both domains",
			"linked with %s, for bytes and copies: xen-channeld cannot use /dev/xen/dmabuf",
			s->peer);
	else if (strcmp(s->state, "linked"))
		xt_finding_add(
			r->found, XT_NOTE, "channels",
			"systemctl status xen-channeld, in both domains; both must name the other in " CONFIG,
			"no link with %s: %s", s->peer,
			*s->why ? s->why : s->state);
	else if (r->info)
		report_frames(r, s);
	else
		xt_finding_add(r->found, XT_OK, "channels", NULL,
			       "linked with %s", s->peer);
}

static void report_memory(struct report *r, const char *line)
{
	if (!strcmp(line, "memory copied"))
		xt_finding_add(
			r->found, XT_NOTE, "channels",
			"as root: modprobe udmabuf, and restart xen-channeld",
			"xen-channeld has no /dev/udmabuf: memory of programs is copied, not shared");
	else if (!strcmp(line, "fences refused"))
		xt_finding_add(
			r->found, XT_NOTE, "channels",
			"as root: modprobe udmabuf, and restart xen-channeld",
			"xen-channeld has neither dma-heap nor udmabuf: channels carry no fences");
}

static void take_line(struct report *r, char *line)
{
	struct service s = { 0 };

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%7s %63s %63s %15s %u %u %255[^\n]", s.word, s.name,
		   s.peer, s.state, &s.to_grant, &s.to_map, s.why) < 6) {
		report_memory(r, line);
		return;
	}
	r->uses += !strcmp(s.word, "use");
	r->offers += !strcmp(s.word, "offer");
	r->linked |= !strcmp(s.state, "linked") || !strcmp(s.state, "bytes");
	if (!was_reported(r, s.peer))
		report_peer(r, &s);
}

static void add_summary(const struct report *r)
{
	bool any = r->uses || r->offers;

	xt_finding_add(
		r->found, any ? XT_OK : XT_NOTE, "channels",
		any ? NULL
		    : "add [use] and [service] sections, see xen-channeld.conf(5)",
		any ? "xen-channeld runs; this user may use %u services and offer %u"
		    : "xen-channeld runs, and its configuration allows this user nothing",
		r->uses, r->offers);
}

bool xt_channel_health(struct xt_findings *f,
		       const struct xen_dmabuf_info *info)
{
	struct report r = { .found = f, .info = info };
	char answer[XCW_LINE_MAX], line[LINE_BYTES];
	int file = -1, err;
	FILE *in;

	err = xdc_ask(daemon_path(), "services", PATIENCE, answer,
		      sizeof(answer), &file);
	in = err || file < 0 ? NULL : fdopen(file, "r");
	if (!in) {
		if (file >= 0)
			close(file);
		report_absence(f, err ? err : -EPROTO);
		return false;
	}
	rewind(in);
	while (fgets(line, sizeof(line), in))
		take_line(&r, line);
	fclose(in);
	add_summary(&r);
	free(r.peers);
	return r.linked;
}
