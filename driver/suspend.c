// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vetoes suspend and migration of this domain while it shares memory.
 *
 * A restored domain has no grant mappings and other page frames, and its peers
 * do not know it.  The driver could not repair a share afterwards.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/printk.h>

#include "account.h"
#include "domain.h"
#include "limits.h"
#include "suspend.h"

static struct platform_device *suspend_device;

static int suspend_freeze(struct device *dev)
{
	unsigned int mapped = xdb_pool_used(XDB_POOL_MAPPED);
	unsigned int granted = xdb_pool_used(XDB_POOL_GRANTED);

	if (!mapped && !granted)
		return 0;
	pr_err("this domain cannot be suspended or migrated while it shares memory: %u pages mapped, %u granted (see xendmabuf list)\n",
	       mapped, granted);
	return -EBUSY;
}

/* A restored domain may have another id. */
static int suspend_restore(struct device *dev)
{
	xdb_limits_forget();
	return xdb_find_own_domid();
}

static const struct dev_pm_ops suspend_ops = {
	.freeze = suspend_freeze,
	.restore = suspend_restore,
};

static struct platform_driver suspend_driver = {
	.driver = {
		.name = "xen-dmabuf-suspend",
		.pm = &suspend_ops,
	},
};

int xdb_suspend_init(void)
{
	int ret;

	ret = platform_driver_register(&suspend_driver);
	if (ret)
		return ret;
	suspend_device = platform_device_register_simple(
		"xen-dmabuf-suspend", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(suspend_device)) {
		platform_driver_unregister(&suspend_driver);
		return PTR_ERR(suspend_device);
	}
	return 0;
}

void xdb_suspend_exit(void)
{
	platform_device_unregister(suspend_device);
	platform_driver_unregister(&suspend_driver);
}
