/* SPDX-License-Identifier: GPL-2.0-only */
/* What the modules of the tests that user space commands have in common. */
#ifndef XDB_DEVICE_H
#define XDB_DEVICE_H

#include <linux/miscdevice.h>
#include <linux/module.h>

/* For what uses functions of the dma-buf core; Kbuild finds out what the kernel takes */
#ifdef XDB_BARE_IMPORT_NS
#define XDB_IMPORT_DMA_BUF() MODULE_IMPORT_NS(DMA_BUF)
#else
#define XDB_IMPORT_DMA_BUF() MODULE_IMPORT_NS("DMA_BUF")
#endif

/* The module is the device /dev/@node, for root */
#define XDB_DEVICE_MODULE(node, operations)      \
	static struct miscdevice device_misc = { \
		.minor = MISC_DYNAMIC_MINOR,     \
		.name = node,                    \
		.fops = operations,              \
		.mode = 0600,                    \
	};                                       \
	module_misc_device(device_misc)

#endif
