/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw: ioctls without the library, for arguments that the library would not send. */
#ifndef XDB_TEST_RAW_H
#define XDB_TEST_RAW_H

#include <stddef.h>
#include <stdint.h>
#include <xen/dmabuf.h>

/* 0 or a negative errno value */
int raw(int fd, unsigned long cmd, void *arg);

struct xen_dmabuf_map raw_map(uint32_t domid, const uint32_t *refs, size_t n);
struct xen_dmabuf_grant raw_grant(uint32_t domid, int dmabuf, uint32_t *refs,
				  size_t n);

/* the device, opened anew */
int raw_open(void);
/* INFO of an open device */
struct xen_dmabuf_info raw_info(int fd);
/* a number of /proc/self/fdinfo; -1 if there is no such line */
long raw_fdinfo(int fd, const char *key);

/* set a parameter of xen_dmabuf; returns its former value */
unsigned long raw_param(const char *name, unsigned long value);

#endif
