/* SPDX-License-Identifier: GPL-2.0-only */
/* dma-bufs over the pages of memfds, which Linux' udmabuf makes. */
#ifndef XDC_UDMABUF_H
#define XDC_UDMABUF_H

#include <stdint.h>

#define XDC_UDMABUF_PATH "/dev/udmabuf"

/** xdc_udmabuf_max - bytes of one dma-buf, from the kernel's size_limit_mb */
uint64_t xdc_udmabuf_max(void);
/**
 * xdc_udmabuf_sealable - whether @memfd can be what udmabuf wants; changes nothing
 *
 * EINVAL: it is no memfd.  EROFS: it is sealed against writing.  EPERM: it can shrink,
 * and can be sealed against nothing more.  Or another errno value, negative as these.
 */
int xdc_udmabuf_sealable(int memfd);
/**
 * xdc_udmabuf_prepare - see to it that @memfd cannot shrink and has at least @size bytes
 *
 * A program cannot undo it, and can no longer make the file a little longer, to less
 * than @size: call it when the dma-buf is going to be made.
 *
 * Errors as of xdc_udmabuf_sealable(), or of ftruncate().
 */
int xdc_udmabuf_prepare(int memfd, uint64_t size);
/**
 * xdc_udmabuf_make - a dma-buf over the pages that a part of @memfd has now
 * @device: XDC_UDMABUF_PATH, open for reading and writing
 * @offset, @size: bytes, in whole pages
 *
 * Opens no file, so that a confined process can call it.
 *
 * Return: the dma-buf, close-on-exec.  EINVAL: not whole pages, not in the memfd, more
 * than xdc_udmabuf_max(), or the memfd is not sealed.  Or another errno value.
 */
int xdc_udmabuf_make(int device, int memfd, uint64_t offset, uint64_t size);

#endif
