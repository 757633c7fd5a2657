/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that return -errno, and what is checked before a call */
#ifndef XDL_CALL_H
#define XDL_CALL_H

#include <stddef.h>
#include <stdint.h>

/* a file descriptor that is close-on-exec, or -errno */
int xdl_open(const char *path, int flags);
/* the same, and ENODEV for each error that says that there is no such device */
int xdl_open_device(const char *path, int flags);
/* what the ioctl returned, or -errno */
int xdl_ioctl(int fd, unsigned long request, void *arg);

/*
 * Has the driver fill in @info, which begins with its size and is @size bytes
 * long, as the caller knows it.  What the driver does not know is 0.  @first: size
 * of the struct's first version.  EINVAL: @size is less, and nothing was written
 */
int xdl_ioctl_fill(int fd, unsigned long request, void *info, size_t size,
		   size_t first);

/*
 * The arguments that MAP and GRANT have in common; @known: the flags that the
 * call takes.  0 or -errno
 */
int xdl_check_refs(const uint32_t *refs, size_t nr_refs, unsigned int flags,
		   unsigned int known);

#endif
