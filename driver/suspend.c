// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuses save and migration of this domain while it shares memory, and while
 * files are restricted to a domain.
 *
 * A restored domain has no grant mappings and other page frames, and its peers
 * do not know it.  The driver could not repair a share afterwards.  An id that
 * a file is restricted to may be another domain's afterwards; and a program
 * with such a file may share further memory with that domain by other drivers,
 * as xen-channeld does by gntdev, which would unmap what is not mapped any more.
 * A domain that only sleeps keeps its memory, its mappings and its id.
 *
 * If the domain itself goes to sleep (/sys/power), the kernel tells.  But if
 * the toolstack suspends the domain, the same request and the same callbacks
 * come before a save, a migration and a sleep, from which the toolstack resumes
 * the domain.  The kernel learns which it was when it runs again.  So the
 * administrator has to say it in advance: allow_suspend.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/printk.h>
#include <linux/suspend.h>

#include "account.h"
#include "domain.h"
#include "file.h"
#include "lease.h"
#include "limits.h"
#include "suspend.h"

static bool allow_suspend;
module_param(allow_suspend, bool, 0644);
MODULE_PARM_DESC(
	allow_suspend,
	"Let the toolstack suspend this domain while it shares memory or files are restricted to a domain: only if it resumes the domain and never saves or migrates it (default: no)");

static struct platform_device *suspend_device;

static bool shares_memory(void)
{
	return xdb_pool_used(XDB_POOL_MAPPED) ||
	       xdb_pool_used(XDB_POOL_GRANTED);
}

static bool knows_peers(void)
{
	return shares_memory() || xdb_files_restricted();
}

/*
 * Called before any device is suspended: those that were suspended before the
 * refusal would be resumed as after a restore, or not at all, which their
 * backends do not expect.  Also called in a sleep of the domain's own.
 */
static int prepare_suspend(struct device *dev)
{
	if (pm_suspend_target_state != PM_SUSPEND_ON || !knows_peers())
		return 0;
	if (READ_ONCE(allow_suspend))
		return xdb_mark_domain();
	if (shares_memory())
		pr_err("this domain cannot be suspended or migrated while it shares memory: %u pages mapped, %u granted (see xendmabuf list); end these shares, or set the parameter allow_suspend if the toolstack will resume this domain and not save it\n",
		       xdb_pool_used(XDB_POOL_MAPPED),
		       xdb_pool_used(XDB_POOL_GRANTED));
	else
		pr_err("this domain cannot be suspended or migrated while programs have files that are restricted to a domain (%u), as xen-channeld has for each link; stop them, or set the parameter allow_suspend if the toolstack will resume this domain and not save it\n",
		       xdb_files_restricted());
	return -EBUSY;
}

/*
 * The domain's own hibernation, which allow_suspend does not allow: the domain
 * that restores the image has none of the mappings.
 */
static int on_pm_event(struct notifier_block *block, unsigned long event,
		       void *data)
{
	if ((event != PM_HIBERNATION_PREPARE && event != PM_RESTORE_PREPARE) ||
	    !knows_peers())
		return NOTIFY_DONE;
	pr_err("this domain cannot hibernate while it shares memory (see xendmabuf list) or programs have files that are restricted to a domain\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block pm_notifier = {
	.notifier_call = on_pm_event,
};

static void lose_lease(struct xdb_lease *lease, void *data)
{
	xdb_lease_peer_gone(lease);
	xdb_lease_revoke(lease);
}

/*
 * The domain runs again.  If it was restored from a saved state although
 * allow_suspend was set, every share is lost, and whom files are restricted to.
 */
static int resume_domain(struct device *dev)
{
	bool restored = xdb_lost_mark();
	int ret;

	xdb_limits_forget();
	ret = xdb_find_own_domid();
	if (restored)
		xdb_files_forget_peers();
	if (ret || !restored || !shares_memory())
		return ret;
	pr_crit("this domain was saved and restored while it shared memory: %u pages mapped and %u granted are lost\n",
		xdb_pool_used(XDB_POOL_MAPPED),
		xdb_pool_used(XDB_POOL_GRANTED));
	xdb_lease_for_each(lose_lease, NULL);
	return 0;
}

static void complete_suspend(struct device *dev)
{
	xdb_unmark_domain();
}

static const struct dev_pm_ops suspend_ops = {
	.prepare = prepare_suspend,
	/* After a suspend that failed, some releases do not prepare again. */
	.freeze = prepare_suspend,
	.suspend = prepare_suspend,
	.restore = resume_domain,
	.resume = resume_domain,
	.complete = complete_suspend,
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
		ret = PTR_ERR(suspend_device);
		goto err_driver;
	}
	ret = register_pm_notifier(&pm_notifier);
	if (ret)
		goto err_device;
	return 0;

err_device:
	platform_device_unregister(suspend_device);
err_driver:
	platform_driver_unregister(&suspend_driver);
	return ret;
}

void xdb_suspend_exit(void)
{
	unregister_pm_notifier(&pm_notifier);
	platform_device_unregister(suspend_device);
	platform_driver_unregister(&suspend_driver);
}
