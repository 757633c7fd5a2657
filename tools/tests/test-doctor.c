// SPDX-License-Identifier: GPL-2.0-only
/*
 * What doctor and grant say to several users of several systems, which this test
 * makes up
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenstore.h>
#include <cmocka.h>

#include <xendmabuf.h>

#include "commands.h"
#include "say.h"
#include "share/granting.h"
#include "system/memory.h"
#include "tool-paths.h"

#define KVM 36
#define GRANTERS 990

/* A file of the made-up system; those that are not listed do not exist */
struct file {
	const char *path;
	unsigned int mode;
	gid_t gid;
};

static const struct file common_files[] = {
	{ "/sys/module/xen_dmabuf", 0755, 0 },
	{ "/dev/xen", 0755, 0 },
	{ NULL, 0, 0 },
};

static const struct file all_files[] = {
	{ "/dev/xen/dmabuf", 0600, 0 },
	{ "/dev/xen/dmabuf-grant", 0660, GRANTERS },
	{ "/dev/xen/gntalloc", 0600, 0 },
	{ "/dev/xen/gntdev", 0600, 0 },
	{ "/dev/xen/xenbus", 0600, 0 },
	{ "/dev/dma_heap/system", 0600, 0 },
	{ "/dev/udmabuf", 0660, KVM },
	{ "/sys/kernel/debug/xen_dmabuf/leases", 0400, 0 },
	{ NULL, 0, 0 },
};

static const struct file no_files[] = { { NULL, 0, 0 } };

static struct {
	const struct file *files;
	const char *mounts;
	uid_t uid;
	gid_t gids[2]; /* this process' groups */
	gid_t granted_gid; /* a group that counts from the next login on */
	bool vgem_only;
	bool no_module;
	const char *
		services; /* what xen-channeld answers; NULL: it does not run */
	uint32_t grants_left, granted_limit;
	char said[16384];
} os;

static const struct file *find_file(const struct file *list, const char *path)
{
	for (; list->path; list++)
		if (!strcmp(list->path, path))
			return list;
	return NULL;
}

static const struct file *look_up(const char *path)
{
	const struct file *file = find_file(common_files, path);

	if (os.no_module && !strncmp(path, "/sys/module/", 12))
		return NULL;
	return file ? file : find_file(os.files, path);
}

static int may_open(const char *path)
{
	const struct file *file = look_up(path);
	size_t i;

	if (!file)
		return -ENOENT;
	if (!os.uid || file->mode & 04)
		return 0;
	for (i = 0; i < 2; i++)
		if (file->mode & 040 && os.gids[i] && os.gids[i] == file->gid)
			return 0;
	return -EACCES;
}

static int answer(int err)
{
	errno = -err;
	return err ? -1 : 0;
}

int __wrap_access(const char *path, int mode);
int __wrap_stat64(const char *path, struct stat *st);
FILE *__wrap_fopen64(const char *path, const char *mode);
uid_t __wrap_getuid(void);
struct passwd *__wrap_getpwuid(uid_t uid);
struct group *__wrap_getgrgid(gid_t gid);
int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *list, int *n);
struct xs_handle *__wrap_xs_open(unsigned long flags);
void __wrap_xs_close(struct xs_handle *xs);
void *__wrap_xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path,
		     unsigned int *len);
int __wrap_xendmabuf_open(struct xendmabuf **x);
void __wrap_xendmabuf_close(struct xendmabuf *x);
int __wrap_xendmabuf_info(struct xendmabuf *x, struct xen_dmabuf_info *info,
			  size_t size);
int __wrap_xendmabuf_alloc(size_t size, unsigned int source, int *fd);
int __wrap_xendmabuf_directory_share(uint16_t domid, const uint32_t *refs,
				     size_t nr_refs, uint32_t *first,
				     struct xendmabuf_directory **out);
int __wrap_xdc_ask(const char *path, const char *request, int timeout_ms,
		   char *line, size_t size, int *file);
FILE *__real_fopen64(const char *path, const char *mode);

int __wrap_access(const char *path, int mode)
{
	return answer(mode == F_OK ? (look_up(path) ? 0 : -ENOENT)
				   : may_open(path));
}

int __wrap_stat64(const char *path, struct stat *st)
{
	const struct file *file = look_up(path);

	if (!file)
		return answer(-ENOENT);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | file->mode;
	st->st_gid = file->gid;
	return 0;
}

static FILE *open_text(const char *text)
{
	return fmemopen((char *)(uintptr_t)text, strlen(text), "r");
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	if (!strcmp(path, "/sys/hypervisor/type"))
		return open_text("xen\n");
	if (!strcmp(path, "/proc/self/mounts"))
		return open_text(os.mounts);
	if (!strncmp(path, "/sys/", 5))
		return NULL;
	return __real_fopen64(path, mode);
}

uid_t __wrap_getuid(void)
{
	return os.uid;
}

struct passwd *__wrap_getpwuid(uid_t uid)
{
	static struct passwd user;

	user.pw_name = uid ? "ann" : "root";
	return &user;
}

struct group *__wrap_getgrgid(gid_t gid)
{
	static struct group group;

	group.gr_name = gid == KVM	  ? "kvm"
			: gid == GRANTERS ? "xen-dmabuf"
					  : "root";
	return &group;
}

int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *list, int *n)
{
	assert_string_equal(user, "ann");
	list[0] = 1000;
	list[1] = os.granted_gid;
	*n = 2;
	return *n;
}

struct xs_handle *__wrap_xs_open(unsigned long flags)
{
	return may_open("/dev/xen/xenbus") ? NULL : (struct xs_handle *)&os;
}

void __wrap_xs_close(struct xs_handle *xs)
{
}

void *__wrap_xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path,
		     unsigned int *len)
{
	return strdup("3");
}

int __wrap_xendmabuf_open(struct xendmabuf **x)
{
	int err = may_open("/dev/xen/dmabuf");

	if (err)
		err = may_open("/dev/xen/dmabuf-grant");
	*x = err ? NULL : (struct xendmabuf *)&os;
	return err;
}

void __wrap_xendmabuf_close(struct xendmabuf *x)
{
}

int __wrap_xendmabuf_info(struct xendmabuf *x, struct xen_dmabuf_info *info,
			  size_t size)
{
	memset(info, 0, size);
	info->max_pages = 65535;
	info->domid = 3;
	info->pages_mapped_limit = 100000;
	info->pages_granted_limit = os.granted_limit;
	info->grants_total = 32768;
	info->grants_left = os.grants_left;
	info->only_domid = XEN_DMABUF_ANY_DOMAIN;
	info->may = XEN_DMABUF_MAY_GRANT;
	if (!may_open("/dev/xen/dmabuf"))
		info->may |= XEN_DMABUF_MAY_MAP;
	return 0;
}

static int open_source(unsigned int source)
{
	int err = -ENODEV;

	if (source == XENDMABUF_ALLOC_HEAP)
		err = may_open("/dev/dma_heap/system");
	else if (source == XENDMABUF_ALLOC_UDMABUF)
		err = may_open("/dev/udmabuf");
	else if (os.vgem_only)
		err = 0;
	return err == -ENOENT ? -ENODEV : err;
}

int __wrap_xendmabuf_alloc(size_t size, unsigned int source, int *fd)
{
	int err, heap;

	if (source == XENDMABUF_ALLOC_ANY) {
		heap = open_source(XENDMABUF_ALLOC_HEAP);
		err = open_source(XENDMABUF_ALLOC_UDMABUF);
		if (!heap || (err == -ENODEV && heap != -ENODEV))
			err = heap;
	} else {
		err = open_source(source);
	}
	*fd = err ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
	return err;
}

int __wrap_xendmabuf_directory_share(uint16_t domid, const uint32_t *refs,
				     size_t nr_refs, uint32_t *first,
				     struct xendmabuf_directory **out)
{
	int err = may_open("/dev/xen/gntalloc");

	*out = NULL;
	return err == -ENOENT ? -ENODEV : err;
}

int __wrap_xdc_ask(const char *path, const char *request, int timeout_ms,
		   char *line, size_t size, int *file)
{
	assert_string_equal(request, "services");
	*file = -1;
	if (!os.services)
		return -ENOENT;
	*file = memfd_create("services", MFD_CLOEXEC);
	assert_true(*file >= 0);
	assert_int_equal(write(*file, os.services, strlen(os.services)),
			 strlen(os.services));
	snprintf(line, size, "ok");
	return 0;
}

static int begin(void **state)
{
	memset(&os, 0, sizeof(os));
	os.grants_left = os.granted_limit = 32768;
	os.files = all_files;
	os.mounts = "debugfs /sys/kernel/debug debugfs rw 0 0\n";
	return 0;
}

static int run_doctor(void)
{
	char name[] = "doctor";
	char *argv[] = { name, NULL };
	FILE *out = tmpfile();
	int old, status;
	size_t len;

	assert_non_null(out);
	fflush(stdout);
	old = dup(1);
	dup2(fileno(out), 1);
	status = xt_cmd_doctor.run(1, argv);
	fflush(stdout);
	dup2(old, 1);
	close(old);
	rewind(out);
	len = fread(os.said, 1, sizeof(os.said) - 1, out);
	os.said[len] = '\0';
	fclose(out);
	fputs(os.said, stdout);
	return status;
}

static void says(const char *text)
{
	if (!strstr(os.said, text))
		fail_msg("doctor does not say \"%s\"", text);
}

static void says_not(const char *text)
{
	if (strstr(os.said, text))
		fail_msg("doctor says \"%s\"", text);
}

static void says_last(const char *text)
{
	char *line = strrchr(os.said, '\0');

	/* behind the line end before the last one */
	while (line > os.said && (line[-1] != '\n' || !line[0] || !line[1]))
		line--;
	assert_string_equal(line, text);
}

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
	os.grants_left = 2024;
	assert_int_equal(run_doctor(), XT_EXIT_OK);
	says("note  channels   linked with usb; 0 more 1920x1080 frames can be sent to it, and 32 received\n");
	says("Try: max_grant_frames = 128 in this guest's xl.cfg (now 64); Xen must be booted with gnttab_max_frames=128 or more\n");
	/* a quota that somebody has set comes first */
	os.grants_left = 32768;
	os.granted_limit = 1000;
	run_doctor();
	says("Try: raise /sys/module/xen_dmabuf/parameters/max_granted_pages (now 1000)\n");
	/* and what the configuration of channels allows */
	os.granted_limit = 32768;
	os.services = "use camera usb linked 2024 65536 \n";
	run_doctor();
	says("Try: raise max-memory of [peer usb] in /etc/xen/xen-channeld.conf of both domains\n");
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

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(root_may_map_and_grant),
		TEST(permission_told_from_absence),
		TEST(absence_told_from_permission),
		TEST(user_of_both_groups_may_grant),
		TEST(user_without_group_told_the_group),
		TEST(missing_module_told),
		TEST(module_without_node_told),
		TEST(channels_need_a_daemon),
		TEST(frames_that_fit_are_told),
		TEST(full_tables_name_the_line_to_change),
		TEST(missing_links_are_explained),
		TEST(user_without_services_told_so),
		TEST(refused_memory_of_one_source),
		TEST(grant_names_what_may_not_be_opened),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
