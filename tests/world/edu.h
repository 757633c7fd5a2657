/* SPDX-License-Identifier: GPL-2.0-only */
/* Edu: the test importer's calls.  All return 0 or a negative errno value. */
#ifndef XDB_TEST_EDU_H
#define XDB_TEST_EDU_H

#include <stddef.h>
#include <stdint.h>

#include "kmod/xdb_edu.h"

/* the card, loading its module if need be: a descriptor */
int edu_open(void);
int edu_attach(int edu, int dmabuf, unsigned int mask_bits);
int edu_detach(int edu);
/* what the card has of it, in *@told: may be NULL */
int edu_map(int edu, unsigned int direction, struct xdb_edu_map *told);
int edu_unmap(int edu);
int edu_read(int edu, uint64_t offset, void *to, size_t len);
int edu_write(int edu, uint64_t offset, const void *from, size_t len);
int edu_vmap(int edu);
int edu_vunmap(int edu);
int edu_vread(int edu, uint64_t offset, void *to, size_t len);
int edu_vwrite(int edu, uint64_t offset, const void *from, size_t len);
/* what the cirrus card shows */
int edu_vram(int edu, uint64_t offset, void *to, size_t len);

#endif
