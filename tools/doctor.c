// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#include "args.h"
#include "command.h"
#include "commands.h"
#include "doctor/channel-health.h"
#include "doctor/finding.h"
#include "say.h"
#include "share/peer.h"
#include "system/budget.h"
#include "system/device.h"
#include "system/leases.h"
#include "system/memory.h"
#include "system/node.h"
#include "system/store.h"

/* What doctor knows of this user */
struct doctor {
	struct xt_findings found;
	struct xen_dmabuf_info info;
	bool has_info; /* the driver has answered */
	bool can_map;
	bool can_grant;
	bool has_memory;
	bool has_channels;
};

static bool read_word(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	bool got;

	if (!f)
		return false;
	got = fgets(buf, (int)len, f);
	fclose(f);
	if (got)
		buf[strcspn(buf, "\n")] = '\0';
	return got;
}

static bool check_xen(struct doctor *d)
{
	char type[32] = "", guest[32] = "", major[16] = "?", minor[16] = "?";

	if (!read_word("/sys/hypervisor/type", type, sizeof(type)) &&
	    !access("/dev/xen", F_OK)) {
		xt_finding_add(&d->found, XT_OK, "xen", NULL,
			       "Xen, whose version this user cannot read");
		return true;
	}
	if (strcmp(type, "xen")) {
		xt_finding_add(&d->found, XT_BAD, "xen",
			       "boot this machine, or this guest, under Xen",
			       "this system does not run under Xen");
		return false;
	}
	read_word("/sys/hypervisor/version/major", major, sizeof(major));
	read_word("/sys/hypervisor/version/minor", minor, sizeof(minor));
	if (!read_word("/sys/hypervisor/guest_type", guest, sizeof(guest)))
		snprintf(guest, sizeof(guest), "unknown kind of");
	xt_finding_add(&d->found, XT_OK, "xen", NULL, "Xen %s.%s, %s domain",
		       major, minor, guest);
	return true;
}

static void check_page_size(struct doctor *d)
{
	long size = sysconf(_SC_PAGESIZE);

	if (size != XENDMABUF_PAGE_SIZE)
		xt_finding_add(&d->found, XT_BAD, "pages",
			       "use a kernel with 4096-byte pages",
			       "the kernel's page size is %ld bytes", size);
}

static void check_limits(struct doctor *d, const struct xen_dmabuf_info *info)
{
	unsigned int grant = xt_budget_frames(info, xt_budget_to_grant(info),
					      XT_BUDGET_4K),
		     map = xt_budget_frames(info, xt_budget_to_map(info),
					    XT_BUDGET_4K);
	char to_grant[256], to_map[256];

	xt_budget_advise_grant(info, XT_BUDGET_4K, to_grant, sizeof(to_grant));
	xt_budget_advise_map(info, XT_BUDGET_4K, to_map, sizeof(to_map));
	xt_finding_add(
		&d->found, XT_OK, "driver", NULL,
		"interface version %u, domain %u, %s; mapped buffers support %s%s",
		info->version, info->domid,
		info->features & XEN_DMABUF_FEATURE_PV ? "PV"
						       : "auto-translated",
		info->features & XEN_DMABUF_FEATURE_MMAP ? "mmap" : "no mmap",
		info->features & XEN_DMABUF_FEATURE_VMAP ? " and vmap"
							 : ", no vmap");
	if (info->features & XEN_DMABUF_FEATURE_DMA_BACKING)
		xt_finding_add(
			&d->found, XT_OK, "dma", NULL,
			"buffers can be mapped at addresses that 32-bit devices reach");
	xt_finding_add(&d->found, map ? XT_OK : XT_NOTE, "map",
		       map ? NULL : to_map,
		       "%u more 4K frames fit (%u of %u pages mapped)", map,
		       info->pages_mapped, info->pages_mapped_limit);
	xt_finding_add(
		&d->found, grant ? XT_OK : XT_NOTE, "grant",
		grant ? NULL : to_grant,
		"%u more 4K frames fit (%u of %u pages granted, about %u of %u references left)",
		grant, info->pages_granted, info->pages_granted_limit,
		info->grants_left, info->grants_total);
}

/* Who may open a node: root always can */
static void check_reach(struct doctor *d, const char *path, const char *use,
			const char *risk)
{
	char group[64] = "", owner[64] = "";
	const struct passwd *user;
	const struct group *g;
	struct stat st;

	if (stat(path, &st))
		return;
	if (st.st_mode & (S_IROTH | S_IWOTH)) {
		xt_finding_add(
			&d->found, XT_NOTE, "access",
			"take the permissions of others away (udev rule, chmod)",
			"%s (%s): every user may open it%s", path, use, risk);
		return;
	}
	user = st.st_uid ? getpwuid(st.st_uid) : NULL;
	if (user)
		snprintf(owner, sizeof(owner), " and user %s", user->pw_name);
	else if (st.st_uid)
		snprintf(owner, sizeof(owner), " and user %u", st.st_uid);
	g = st.st_gid ? getgrgid(st.st_gid) : NULL;
	if (!(st.st_mode & (S_IRGRP | S_IWGRP)) || !st.st_gid)
		*group = '\0';
	else if (g)
		snprintf(group, sizeof(group), " and group %s", g->gr_name);
	else
		snprintf(group, sizeof(group), " and group %u", st.st_gid);
	xt_finding_add(&d->found, XT_OK, "access", NULL,
		       "%s (%s): for root%s%s", path, use, owner, group);
}

static void check_permission(struct doctor *d,
			     const struct xen_dmabuf_info *info)
{
	if (info->may == XEN_DMABUF_MAY_GRANT)
		xt_finding_add(
			&d->found, XT_NOTE, "device",
			"to map, run as root, or see xen_dmabuf(4) for a group that may map",
			"this user may grant, but not map");
	check_reach(d, "/dev/xen/dmabuf", "map and grant",
		    ", and read all that any domain has granted to this one");
	check_reach(d, "/dev/xen/dmabuf-grant", "grant only", "");
}

static void check_device(struct doctor *d)
{
	struct xendmabuf *x;
	struct xt_refusal r;
	int err;

	err = xendmabuf_open(&x);
	if (err) {
		xt_device_refused(err, &r);
		xt_finding_add(&d->found, XT_BAD, "device", r.advice, "%s",
			       r.why);
		return;
	}
	err = xendmabuf_info(x, &d->info, sizeof(d->info));
	if (err) {
		xt_finding_add(&d->found, XT_BAD, "driver",
			       xendmabuf_explain(x, err),
			       "the driver does not answer: %s",
			       strerror(-err));
	} else {
		d->has_info = true;
		d->can_map = d->info.may & XENDMABUF_MAY_MAP;
		d->can_grant = d->info.may & XENDMABUF_MAY_GRANT;
		check_limits(d, &d->info);
		check_permission(d, &d->info);
	}
	xendmabuf_close(x);
}

static void check_node(struct doctor *d, const char *what, const char *path,
		       const char *advice, const char *use)
{
	struct xt_refusal r;
	int err = xt_node_check(path);

	if (!err) {
		xt_finding_add(&d->found, XT_OK, what, NULL, "%s, for %s", path,
			       use);
		return;
	}
	xt_node_refused(path, err, advice, &r);
	xt_finding_refused(&d->found, XT_NOTE, what, use, &r);
}

static void check_gntalloc(struct doctor *d)
{
	char limit[32];

	check_node(d, "gntalloc", "/dev/xen/gntalloc",
		   "as root: modprobe xen-gntalloc",
		   "publishing shares (page directories)");
	if (read_word("/sys/module/xen_gntalloc/parameters/limit", limit,
		      sizeof(limit)))
		xt_finding_add(
			&d->found, XT_OK, "gntalloc", NULL,
			"limit: %s directory pages, each for 1,023 pages of a share",
			limit);
}

static void check_xenstore(struct doctor *d)
{
	struct xs_handle *xs = xs_open(0);
	struct xt_refusal r;
	uint16_t domid;

	if (!xs) {
		xt_store_refused(&r);
		xt_finding_refused(
			&d->found, XT_NOTE, "xenstore",
			"sharing by name; --refs works without xenstore", &r);
		return;
	}
	if (xt_peer_self(xs, &domid))
		xt_finding_add(
			&d->found, XT_NOTE, "xenstore",
			"in dom0, run xen-init-dom0; in a guest, its toolstack has to write the id",
			"reachable, but this domain's id is missing in it");
	else
		xt_finding_add(&d->found, XT_OK, "xenstore", NULL,
			       "reachable; this is domain %u", domid);
	xs_close(xs);
}

static void check_alloc(struct doctor *d)
{
	struct xt_refusal r;
	char found[64];
	int fd, err;

	err = xendmabuf_alloc(XENDMABUF_PAGE_SIZE, XENDMABUF_ALLOC_ANY, &fd);
	d->has_memory = !err;
	if (err) {
		xt_memory_refused(XENDMABUF_ALLOC_ANY, &r);
		xt_finding_refused(
			&d->found, XT_NOTE, "memory",
			"granting pictures and bytes; dma-bufs of other programs can be granted without",
			&r);
		return;
	}
	close(fd);
	xt_memory_sources(found, sizeof(found));
	xt_finding_add(&d->found, XT_OK, "memory", NULL,
		       "dma-bufs can be allocated from %s", found);
}

/* Whether debugfs is mounted where the driver's files are looked for */
static bool is_debugfs_mounted(void)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/mounts", "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, " /sys/kernel/debug debugfs ");
	if (f)
		fclose(f);
	return found;
}

static void check_debugfs(struct doctor *d)
{
	int err = access(XT_LEASES_PATH, R_OK) ? -errno : 0;

	if (!err)
		xt_finding_add(&d->found, XT_OK, "debugfs", NULL,
			       "leases can be listed");
	else if (!is_debugfs_mounted())
		xt_finding_add(
			&d->found, XT_NOTE, "debugfs",
			"as root: mount -t debugfs none /sys/kernel/debug",
			"leases cannot be listed: debugfs is not mounted");
	else
		xt_finding_add(&d->found, XT_NOTE, "debugfs",
			       xt_leases_advice(err),
			       "leases cannot be listed: %s",
			       xt_leases_explain(err));
}

/* The last part of the target of card @i's link in sysfs; "?" if there is none */
static void card_link(unsigned int i, const char *link, char *name, size_t size)
{
	char path[64], target[256];
	const char *last;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/class/drm/card%u/%s", i, link);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	last = strrchr(target, '/');
	snprintf(name, size, "%s", last ? last + 1 : "?");
}

/* Card @i's render node, opened, or -errno: ENODEV if it has none */
static int open_render_node(unsigned int i, char *path, size_t size)
{
	char pattern[64];
	glob_t found;
	int fd;

	snprintf(pattern, sizeof(pattern),
		 "/sys/class/drm/card%u/device/drm/renderD*", i);
	if (glob(pattern, 0, NULL, &found))
		return -ENODEV;
	snprintf(path, size, "/dev/dri/%s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * The card's primary node is not opened: that would make this process DRM master
 * if there is none, and a compositor that starts at that moment would fail.
 */
static void check_card(struct doctor *d, unsigned int i)
{
	uint64_t prime = 0;
	struct xt_refusal r;
	char driver[64], path[32];
	int fd;

	card_link(i, "device/driver", driver, sizeof(driver));
	if (!strcmp(driver, "?")) /* vgem: its device has no driver link */
		card_link(i, "device", driver, sizeof(driver));
	fd = open_render_node(i, path, sizeof(path));
	if (fd == -ENODEV) {
		xt_finding_add(
			&d->found, XT_OK, "card", NULL,
			"/dev/dri/card%u (%s): only `xendmabuf show` can tell whether it imports dma-bufs",
			i, driver);
		return;
	}
	if (fd < 0) {
		xt_node_refused(path, fd, "as root: modprobe the card's driver",
				&r);
		xt_finding_add(&d->found, XT_NOTE, "card", r.advice,
			       "/dev/dri/card%u (%s): %s", i, driver, r.why);
		return;
	}
	drmGetCap(fd, DRM_CAP_PRIME, &prime);
	if (prime & DRM_PRIME_CAP_IMPORT)
		xt_finding_add(
			&d->found, XT_OK, "card", NULL,
			"/dev/dri/card%u (%s) reports that it imports dma-bufs",
			i, driver);
	else
		xt_finding_add(&d->found, XT_NOTE, "card",
			       "use `xendmabuf show --copy`, or another card",
			       "/dev/dri/card%u (%s) does not import dma-bufs",
			       i, driver);
	close(fd);
}

static void check_cards(struct doctor *d)
{
	unsigned int i, n = 0;
	char path[32];

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%u", i);
		if (access(path, F_OK))
			continue;
		check_card(d, i);
		n++;
	}
	if (!n)
		xt_finding_add(
			&d->found, XT_NOTE, "card",
			"as root: modprobe the card's driver",
			"no graphics card: `xendmabuf show` has no screen");
}

/* The last line: what this user can do */
static const char *choose_last_line(const struct doctor *d)
{
	if (d->found.bad)
		return d->has_channels
			       ? "Channels can be used. Sharing without them cannot: see BAD above."
			       : "Not usable yet: see BAD above.";
	if (d->can_map && d->can_grant && !d->found.notes)
		return "No problems found.";
	if (d->can_map && d->can_grant)
		return d->has_memory
			       ? "Usable: this user may map and grant."
			       : "Usable: this user may map, and grant dma-bufs of other programs.";
	if (d->can_map)
		return "Usable: this user may map.";
	return d->has_memory
		       ? "Usable: this user may grant."
		       : "Usable: this user may grant dma-bufs of other programs.";
}

static int run_doctor(int argc, char **argv)
{
	struct doctor d = { 0 };
	bool json;
	int ret;

	ret = xt_arg_json(&xt_cmd_doctor, argc, argv, &json);
	if (ret)
		return ret;
	xt_findings_begin(&d.found, json);
	check_page_size(&d);
	/* without Xen the other checks would only fail, too */
	if (check_xen(&d)) {
		check_device(&d);
		check_alloc(&d);
		check_xenstore(&d);
		check_gntalloc(&d);
		check_node(&d, "gntdev", "/dev/xen/gntdev",
			   "as root: modprobe xen-gntdev",
			   "reading shares (page directories)");
		check_debugfs(&d);
		d.has_channels = xt_channel_health(&d.found,
						   d.has_info ? &d.info : NULL);
		check_cards(&d);
	}
	xt_findings_end(&d.found);
	if (!json)
		printf("\n%s%s\n", choose_last_line(&d),
		       d.found.notes && !d.found.bad
			       ? " The notes above list what does not work."
			       : "");
	return d.found.bad ? XT_EXIT_FAILED : XT_EXIT_OK;
}

const struct xt_command xt_cmd_doctor = {
	.name = "doctor",
	.run = run_doctor,
	.summary = "check what sharing depends on, and say what to do",
	.help = "Usage: xendmabuf doctor [--json]\n"
		"Check Xen, the driver, xenstore, memory, limits, channels and graphics cards, and\n"
		"say what is missing and what to do about it.\n\n"
		"  --json   write JSON\n\n"
		"Exit status: 0 usable, 1 not usable, 2 wrong arguments.\n",
};
