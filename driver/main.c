// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading of the module. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/printk.h>

#include <xen/page.h>
#include <xen/xen.h>

#include "arena.h"
#include "backing.h"
#include "compat.h"
#include "debugfs.h"
#include "device.h"
#include "domain.h"
#include "importer.h"
#include "peers.h"
#include "suspend.h"
#include "work.h"

#ifndef CONFIG_64BIT
#error "xen_dmabuf needs a 64-bit kernel: all of its memory has a kernel address"
#endif

/*
 * In an HVM domain, the driver of Xen's platform device sets the table up.  The
 * kernel's functions for it do not check.
 */
static bool __init has_grant_table(void)
{
#ifdef CONFIG_X86
	struct pci_dev *dev = NULL;

	if (!xen_hvm_domain() || xen_pvh_domain())
		return true;
	for_each_pci_dev(dev)
	{
		if (dev->vendor != PCI_VENDOR_ID_XEN || !dev->dev.driver)
			continue;
		pci_dev_put(dev);
		return true;
	}
	return false;
#else
	return true;
#endif
}

static int __init xdb_init(void)
{
	int ret;

	if (!xen_domain())
		return -ENODEV;
	if (!has_grant_table()) {
		pr_err("this kernel has no grant table, as it does not use Xen's platform device: see xen_platform_pci in xl.cfg(5)\n");
		return -ENODEV;
	}
	/* The driver relies on one grant being one page of a dma-buf. */
	if (PAGE_SIZE != XEN_PAGE_SIZE) {
		pr_err("needs 4 KiB pages, but this kernel's have %lu bytes\n",
		       PAGE_SIZE);
		return -EOPNOTSUPP;
	}
	ret = xdb_find_own_domid();
	if (ret) {
		pr_err("cannot determine own domain id: %d\n", ret);
		return ret;
	}
	ret = xdb_work_init();
	if (ret)
		return ret;
	ret = xdb_importer_init();
	if (ret)
		goto err_work;
	ret = xdb_suspend_init();
	if (ret)
		goto err_importer;
	xdb_debugfs_init();
	xdb_peers_init();
	/* Last, as user space can call from here on. */
	ret = xdb_device_init();
	if (ret)
		goto err_debugfs;
	return 0;

err_debugfs:
	xdb_peers_exit();
	xdb_debugfs_exit();
	xdb_suspend_exit();
err_importer:
	xdb_importer_exit();
err_work:
	xdb_work_exit();
	return ret;
}

static void __exit xdb_exit(void)
{
	xdb_device_exit();
	xdb_debugfs_exit();
	xdb_peers_exit();
	xdb_backing_exit();
	/* Each lease holds the module, so none is left; work may be. */
	xdb_work_exit();
	xdb_suspend_exit();
	xdb_importer_exit();
	xdb_arena_exit();
}

module_init(xdb_init);
module_exit(xdb_exit);

MODULE_DESCRIPTION("dma-bufs across Xen domains");
MODULE_AUTHOR("The xen-dmabuf authors");
MODULE_LICENSE("GPL");
#ifdef XDB_MODULE_VERSION
MODULE_VERSION(XDB_MODULE_VERSION);
#endif
XDB_IMPORT_DMA_BUF();
