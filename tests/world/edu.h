/* SPDX-License-Identifier: GPL-2.0-only */
/* Edu: the test importer's calls.  All return 0 or a negative errno value. */
#ifndef XDB_TEST_EDU_H
#define XDB_TEST_EDU_H

#include <stddef.h>
#include <stdint.h>

#include "kmod/xdb_edu.h"

/* open the card, and load its module if needed; a descriptor */
int edu_open(void);
int edu_attach(int edu, int dmabuf, unsigned int mask_bits);
int edu_detach(int edu);
/* *@told (may be NULL) gets the mapping's segments */
int edu_map(int edu, unsigned int direction, struct xdb_edu_map *told);
int edu_unmap(int edu);
int edu_read(int edu, uint64_t offset, void *to, size_t len);
int edu_write(int edu, uint64_t offset, const void *from, size_t len);
int edu_vmap(int edu);
int edu_vunmap(int edu);
int edu_vread(int edu, uint64_t offset, void *to, size_t len);
int edu_vwrite(int edu, uint64_t offset, const void *from, size_t len);
/* read the cirrus card's video memory */
int edu_vram(int edu, uint64_t offset, void *to, size_t len);

#endif
