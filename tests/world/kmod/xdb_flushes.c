// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdb_flushes: counts hypercalls that clean or invalidate caches, in
 * parameters/count.  A module, as trace events cannot probe hypercalls.
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

#include <xen/interface/grant_table.h>

/* HYPERVISOR_grant_table_op(cmd, ...) */
static atomic_t flushes;

static int hypercall(struct kprobe *probe, struct pt_regs *regs)
{
	if (regs_get_kernel_argument(regs, 0) == GNTTABOP_cache_flush)
		atomic_inc(&flushes);
	return 0;
}
NOKPROBE_SYMBOL(hypercall);

static struct kprobe probe = {
	.symbol_name = "HYPERVISOR_grant_table_op",
	.pre_handler = hypercall,
};

static int count_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&flushes));
}

static const struct kernel_param_ops count_ops = {
	.get = count_get,
};
module_param_cb(count, &count_ops, NULL, 0444);
MODULE_PARM_DESC(count, "GNTTABOP_cache_flush hypercalls since it was loaded");

static int __init flushes_init(void)
{
	return register_kprobe(&probe);
}

static void __exit flushes_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(flushes_init);
module_exit(flushes_exit);

MODULE_DESCRIPTION("Counts cache operations asked of Xen, for tests");
MODULE_LICENSE("GPL");
