// SPDX-License-Identifier: GPL-2.0-only
/* Files of the fake card: who opens it first is its master */
#include "fake_drm.h"
#include "fake_drm_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 8

const char *fake_drm_folder;

static struct file {
	bool open, master, was_master;
	int fd;
	ino_t card;
} files[FILES];

/* The linker calls these in place of the functions that they are named after */
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
int __real_close(int fd);
int __wrap_close(int fd);
void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t o);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t o);

static struct file *find_file(int fd)
{
	int i;

	for (i = 0; i < FILES; i++)
		if (files[i].open && files[i].fd == fd)
			return &files[i];
	return NULL;
}

static bool is_others(ino_t card)
{
	struct stat st;

	if (!drm.taken_path)
		return drm.taken;
	if (__real_stat64(drm.taken_path, &st))
		abort();
	return st.st_ino == card;
}

bool fake_files_is_master(int fd)
{
	const struct file *f = find_file(fd);

	/* another program has taken it since */
	return f && f->master && !is_others(f->card);
}

bool fake_files_was_master(int fd)
{
	const struct file *f = find_file(fd);

	return f && f->was_master;
}

bool fake_files_seize(int fd)
{
	struct file *f = find_file(fd);
	int i;

	if (!f || is_others(f->card))
		return false;
	for (i = 0; i < FILES; i++)
		if (files[i].open && files[i].master &&
		    files[i].card == f->card)
			return false;
	f->master = f->was_master = true;
	drm.seized++;
	return true;
}

void fake_files_drop(int fd)
{
	struct file *f = find_file(fd);

	if (f)
		f->master = false;
}

void fake_files_write(const char *path, const void *data, size_t len)
{
	int fd = __real_open64(path, O_RDWR | O_NONBLOCK);

	if (write(fd, data, len) != (ssize_t)len)
		abort();
	__real_close(fd);
}

/* /dev/dri/card0 is card0 in the folder, /sys/dev/char/0:0 is sys/0:0 */
static const char *our_path(const char *path)
{
	static char ours[128];

	if (!strncmp(path, "/dev/dri/", 9))
		snprintf(ours, sizeof(ours), "%s/%s", fake_drm_folder,
			 path + 9);
	else if (!strncmp(path, "/sys/dev/char/", 14))
		snprintf(ours, sizeof(ours), "%s/sys/%s", fake_drm_folder,
			 path + 14);
	else
		return path;
	return ours;
}

int __wrap_access(const char *path, int mode)
{
	return __real_access(our_path(path), mode);
}

int __wrap_stat64(const char *path, struct stat *st)
{
	return __real_stat64(our_path(path), st);
}

DIR *__wrap_opendir(const char *path)
{
	return __real_opendir(our_path(path));
}

/* No mode argument: the code under test creates no files */
int __wrap_open64(const char *path, int flags, ...)
{
	struct stat st;
	int fd, i;

	if (drm.denied && strstr(path, drm.denied)) {
		errno = EACCES;
		return -1;
	}
	fd = __real_open64(our_path(path), flags);
	if (fd < 0 || fstat(fd, &st) || !S_ISFIFO(st.st_mode))
		return fd;
	for (i = 0; i < FILES && files[i].open; i++)
		;
	if (i == FILES)
		abort();
	files[i].open = true;
	files[i].master = files[i].was_master = false;
	files[i].fd = fd;
	files[i].card = st.st_ino;
	drm.files++;
	fake_files_seize(fd);
	return fd;
}

int __wrap_close(int fd)
{
	struct file *f = find_file(fd);

	if (f) {
		f->open = false;
		drm.files--;
	}
	return __real_close(fd);
}

void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t o)
{
	if (find_file(fd))
		return __real_mmap64(at, len, prot, MAP_PRIVATE | MAP_ANONYMOUS,
				     -1, 0);
	return __real_mmap64(at, len, prot, flags, fd, o);
}
