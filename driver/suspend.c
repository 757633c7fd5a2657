// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and migration of this domain: vetoed while shares are live.
 *
 * A restored domain has no grant mappings, its frames are other ones, and its
 * peers know nothing of it.  Nothing here could mend a share after that, and a
 * foreign page in the p2m would belong to nobody.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/printk.h>

#include "account.h"
#include "domain.h"
#include "suspend.h"

static struct platform_device *device;

static int freeze(struct device *dev)
{
	unsigned int mapped = xdb_pool_used(XDB_POOL_MAPPED);
	unsigned int granted = xdb_pool_used(XDB_POOL_GRANTED);

	if (!mapped && !granted)
		return 0;
	pr_err("this domain cannot be suspended or migrated while it shares memory: %u pages mapped, %u granted (xendmabuf list says by whom)\n",
	       mapped, granted);
	return -EBUSY;
}

/* Somewhere else, and perhaps under another id. */
static int restore(struct device *dev)
{
	return xdb_find_own_domid();
}

static const struct dev_pm_ops pm_ops = {
	.freeze = freeze,
	.restore = restore,
};

static struct platform_driver driver = {
	.driver = {
		.name = "xen-dmabuf-suspend",
		.pm = &pm_ops,
	},
};

int xdb_suspend_init(void)
{
	int ret;

	ret = platform_driver_register(&driver);
	if (ret)
		return ret;
	device = platform_device_register_simple("xen-dmabuf-suspend",
						 PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	return 0;
}

void xdb_suspend_exit(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&driver);
}
