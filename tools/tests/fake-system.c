// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenstore.h>

#include "commands.h"
#include "fake-system.h"

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

const struct file no_files[] = { { NULL, 0, 0 } };
struct fake_system os;

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
	memcpy(info, &os.info, size);
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

int begin_system(void **state)
{
	memset(&os, 0, sizeof(os));
	os.info = (struct xen_dmabuf_info){
		.max_pages = 65535,
		.domid = 3,
		.pages_mapped_limit = 100000,
		.pages_granted_limit = 32768,
		.grants_total = 32768,
		.grants_left = 32768,
		.only_domid = XEN_DMABUF_ANY_DOMAIN,
	};
	os.files = all_files;
	os.mounts = "debugfs /sys/kernel/debug debugfs rw 0 0\n";
	return 0;
}

int run_doctor(void)
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

void says(const char *text)
{
	if (!strstr(os.said, text))
		fail_msg("doctor does not say \"%s\"", text);
}

void says_not(const char *text)
{
	if (strstr(os.said, text))
		fail_msg("doctor says \"%s\"", text);
}

void says_last(const char *text)
{
	char *line = strrchr(os.said, '\0');

	/* behind the line end before the last one */
	while (line > os.said && (line[-1] != '\n' || !line[0] || !line[1]))
		line--;
	assert_string_equal(line, text);
}
