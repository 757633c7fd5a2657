// SPDX-License-Identifier: GPL-2.0-only
/*
 * What doctor and grant say to several users of several systems, which this test
 * makes up
 */
#include <errno.h>
#include <string.h>
#include <xenstore.h>

#include "commands.h"
#include "fake-system.h"
#include "say.h"
#include "share/granting.h"
#include "system/memory.h"
#include "tool-paths.h"

static void root_may_map_and_grant(void **state)
{
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("dma-bufs can be allocated from dma-heap and udmabuf");
	says("leases can be listed");
	says_not("may not open");
	says_last(
		"Usable: this user may map and grant. The notes above list what does not work.\n");
}

/* A member of the group for granting, who may open nothing else */
static void permission_told_from_absence(void **state)
{
	os.uid = 1000;
	os.gids[0] = GRANTERS;
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("this user may not open /dev/dma_heap/system (owner root, group root, mode 0600)");
	says("this user may not open /dev/udmabuf (owner root, group kvm, mode 0660)");
	says("Try: add this user to the group kvm and log in again, or run as root");
	says("this user may not open /dev/xen/xenbus");
	says("this user may not open /dev/xen/gntalloc");
	says("this user may not open /dev/xen/gntdev");
	says("only root may read debugfs");
	says_not("there is no /");
	says_not("modprobe udmabuf");
	says_not("modprobe xenfs");
	says_not("modprobe xen-gnt");
	says_not("start xenstored");
	says_not("mount -t debugfs");
	says_last(
		"Usable: this user may grant dma-bufs of other programs. The notes above list what does not work.\n");
}

static void absence_told_from_permission(void **state)
{
	static const struct file device[] = {
		{ "/dev/xen/dmabuf-grant", 0660, GRANTERS },
		{ NULL, 0, 0 },
	};

	os.files = device;
	os.uid = 1000;
	os.gids[0] = GRANTERS;
	os.mounts = "proc /proc proc rw 0 0\n";
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("there is no /dev/dma_heap/system; there is no /dev/udmabuf; vgem is not loaded");
	says("as root: modprobe udmabuf");
	says("there is no /dev/xen/gntalloc");
	says("as root: modprobe xen-gntalloc");
	says("there is neither /run/xenstored/socket nor /dev/xen/xenbus");
	says("debugfs is not mounted");
	says_not("may not open");
	says_not("run as root\n");
}

static void user_of_both_groups_may_grant(void **state)
{
	os.uid = 1000;
	os.gids[0] = GRANTERS;
	os.gids[1] = KVM;
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("dma-bufs can be allocated from udmabuf");
	says_last(
		"Usable: this user may grant. The notes above list what does not work.\n");
}

static void user_without_group_told_the_group(void **state)
{
	os.uid = 1000;
	assert_int_equal(run_doctor(), XT_EXIT_FAILED);
	says("this user may not open /dev/xen/dmabuf-grant (owner root, group xen-dmabuf, mode 0660), nor /dev/xen/dmabuf");
	says("add this user to the group xen-dmabuf and log in again, or run as root");
	says_last("Not usable yet: see BAD above.\n");
	/* it was done, but does not count yet */
	os.granted_gid = GRANTERS;
	assert_int_equal(run_doctor(), XT_EXIT_FAILED);
	says("log in again: this user became a member of the group xen-dmabuf after the login");
}

static void missing_module_told(void **state)
{
	os.files = no_files;
	os.no_module = true;
	assert_int_equal(run_doctor(), XT_EXIT_FAILED);
	says("the module xen_dmabuf is not loaded");
	says("as root: modprobe xen_dmabuf; if there is no such module");
}

static void module_without_node_told(void **state)
{
	os.files = no_files;
	assert_int_equal(run_doctor(), XT_EXIT_FAILED);
	says("the module xen_dmabuf is loaded, but there is no /dev/xen/dmabuf");
}

static void channels_need_a_daemon(void **state)
{
	static const struct file installed[] = {
		{ "/dev/xen/dmabuf", 0600, 0 },
		{ XT_CHANNELD, 0755, 0 },
		{ NULL, 0, 0 },
	};

	run_doctor();
	says("ok    channels   xen-channeld is not installed");
	os.files = installed;
	run_doctor();
	says("note  channels   xen-channeld does not run: /run/xen-channel/control: No such file");
	says("Try: as root: systemctl enable --now xen-channeld");
}

static void frames_that_fit_are_told(void **state)
{
	os.services = "memory shared\nfences carried\n"
		      "use camera usb linked 65536 65536 \n"
		      "offer wall usb linked 65536 65536 \n";
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("ok    channels   linked with usb; 16 more 1920x1080 frames can be sent to it, and 32 received\n");
	says("ok    channels   xen-channeld runs; this user may use 1 services and offer 1\n");
	says_not("note  channels");
}

static void full_tables_name_the_line_to_change(void **state)
{
	os.services = "use camera usb linked 65536 65536 \n";
	os.info.grants_left = 2024;
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("note  channels   linked with usb; 0 more 1920x1080 frames can be sent to it, and 32 received\n");
	says("Try: max_grant_frames = 128 in this guest's xl.cfg (now 64); Xen before 4.18 must be booted with gnttab_max_frames=128 or more\n");
	/* a quota that somebody has set comes first */
	os.info.grants_left = 32768;
	os.info.pages_granted_limit = 1000;
	run_doctor();
	says("Try: raise /sys/module/xen_dmabuf/parameters/max_granted_pages (now 1000)\n");
	/* and what the configuration of channels allows */
	os.info.pages_granted_limit = 32768;
	os.services = "use camera usb linked 2024 65536 \n";
	run_doctor();
	says("Try: raise max-memory of [peer usb] in /etc/xen-dmabuf/xen-channeld.conf of both domains\n");
}

static void missing_links_are_explained(void **state)
{
	os.services = "memory copied\nfences refused\n"
		      "use camera usb waiting 65536 65536 what is wrong\n"
		      "use camera other absent 0 0 it does not run\n"
		      "use camera bytes bytes 65536 65536 \n";
	run_doctor();
	says("note  channels   no link with usb: what is wrong\n");
	says("note  channels   no link with other: it does not run\n");
	says("note  channels   linked with bytes, for bytes and copies");
	says("Try: as root: modprobe xen_dmabuf, and restart xen-channeld, in both domains");
	says("memory of programs is copied, not shared");
	says("channels carry no fences");
	says("this user may use 3 services and offer 0\n");
}

static void user_without_services_told_so(void **state)
{
	os.uid = 1000;
	os.services = "memory shared\nfences carried\n";
	run_doctor();
	says("note  channels   xen-channeld runs, and its configuration allows this user nothing\n");
	says_last("Not usable yet: see BAD above.\n");
	/* channels need no device of the user's */
	os.services = "use camera usb linked 65536 65536 \n";
	assert_int_equal(run_doctor(), XT_EXIT_FAILED);
	says("ok    channels   linked with usb\n");
	says_last(
		"Channels can be used. Sharing without them cannot: see BAD above.\n");
}

static void refused_memory_of_one_source(void **state)
{
	struct xt_refusal r;

	os.uid = 1000;
	xt_memory_refused(XENDMABUF_ALLOC_HEAP, &r);
	assert_string_equal(
		r.why,
		"this user may not open /dev/dma_heap/system (owner root, group root, mode 0600)");
	assert_string_equal(r.advice, "run as root");
	os.files = no_files;
	xt_memory_refused(XENDMABUF_ALLOC_UDMABUF, &r);
	assert_string_equal(r.why, "there is no /dev/udmabuf");
	os.vgem_only = true;
	xt_memory_refused(XENDMABUF_ALLOC_ANY, &r);
	assert_non_null(strstr(r.why, "cannot access vgem's memory"));
	assert_non_null(strstr(r.advice, "PVH guest"));
}

static void contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void grant_names_what_may_not_be_opened(void **state)
{
	struct xt_grant g = { .dmabuf = -1, .share.pic.pages = 1 };

	os.uid = 1000;
	assert_int_equal(xt_grant_alloc(&g, XENDMABUF_ALLOC_ANY), -EACCES);
	contains(g.why, "this user may not open /dev/dma_heap/system");
	contains(g.why, "this user may not open /dev/udmabuf");
	contains(g.why, "Try: add this user to the group kvm");

	assert_int_equal(xt_grant_publish(&g), -ENOTCONN);
	contains(g.why, "this user may not open /dev/xen/xenbus");
	contains(g.why, "or --refs instead of --name");

	g.xs = (struct xs_handle *)&os;
	assert_int_equal(xt_grant_publish(&g), -EACCES);
	contains(g.why, "this user may not open /dev/xen/gntalloc");
	os.files = no_files;
	assert_int_equal(xt_grant_publish(&g), -ENODEV);
	contains(g.why,
		 "there is no /dev/xen/gntalloc. Try: as root: modprobe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SYSTEM_TEST(root_may_map_and_grant),
		SYSTEM_TEST(permission_told_from_absence),
		SYSTEM_TEST(absence_told_from_permission),
		SYSTEM_TEST(user_of_both_groups_may_grant),
		SYSTEM_TEST(user_without_group_told_the_group),
		SYSTEM_TEST(missing_module_told),
		SYSTEM_TEST(module_without_node_told),
		SYSTEM_TEST(channels_need_a_daemon),
		SYSTEM_TEST(frames_that_fit_are_told),
		SYSTEM_TEST(full_tables_name_the_line_to_change),
		SYSTEM_TEST(missing_links_are_explained),
		SYSTEM_TEST(user_without_services_told_so),
		SYSTEM_TEST(refused_memory_of_one_source),
		SYSTEM_TEST(grant_names_what_may_not_be_opened),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
