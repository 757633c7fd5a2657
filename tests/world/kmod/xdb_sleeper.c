// SPDX-License-Identifier: GPL-2.0-only
/* A device that says when it is suspended. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/printk.h>

static struct platform_device *sleeper;

static int suspend_sleeper(struct device *dev)
{
	pr_info("suspended\n");
	return 0;
}

static const struct dev_pm_ops sleeper_ops = {
	.freeze = suspend_sleeper,
	.suspend = suspend_sleeper,
};

static struct platform_driver sleeper_driver = {
	.driver = {
		.name = "xdb-sleeper",
		.pm = &sleeper_ops,
	},
};

static int __init sleeper_init(void)
{
	int ret = platform_driver_register(&sleeper_driver);

	if (ret)
		return ret;
	sleeper = platform_device_register_simple("xdb-sleeper",
						  PLATFORM_DEVID_NONE, NULL, 0);
	if (!IS_ERR(sleeper))
		return 0;
	platform_driver_unregister(&sleeper_driver);
	return PTR_ERR(sleeper);
}
module_init(sleeper_init);

static void __exit sleeper_exit(void)
{
	platform_device_unregister(sleeper);
	platform_driver_unregister(&sleeper_driver);
}
module_exit(sleeper_exit);

MODULE_DESCRIPTION(
	"Device that says when it is suspended, for tests of xen_dmabuf");
MODULE_LICENSE("GPL");
