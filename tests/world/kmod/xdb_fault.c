// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdb_fault: fault injection on kernels without CONFIG_FAULT_INJECTION.  A kprobe at
 * the entry of each function below returns an error in its place, if the driver is
 * the caller and this is the call that shall fail.  xdb_spoil.c makes a part of a
 * batch fail.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include <xen/interface/grant_table.h>

#include "xdb_fault.h"
#include "xdb_spoil.h"

struct target {
	struct kprobe probe;
	const char *name;
	long value; /* returned by a failure */
	unsigned int family; /* one of each suffices; 0 for none */
	bool p2m; /* called by the kernel, for XDB_FAULT_P2M */
	bool there;
};

#define TARGET(f, v) .name = #f, .value = (v)
#define ALLOCATOR(f, n) .name = #f, .family = (n)
#define P2M(f) .name = #f, .family = 4, .p2m = true
#define FAMILIES 4

/*
 * Functions that the driver calls, whose names differ between kernels and
 * architectures.
 */
static struct target targets[] = {
	{ ALLOCATOR(__kmalloc_cache_noprof, 1) },
	{ ALLOCATOR(kmalloc_trace, 1) },
	{ ALLOCATOR(__kmalloc_noprof, 2) },
	{ ALLOCATOR(__kmalloc, 2) },
	{ ALLOCATOR(__kvmalloc_node_noprof, 3) },
	{ ALLOCATOR(kvmalloc_node, 3) },
	{ P2M(set_phys_to_machine) },
	{ P2M(__set_phys_to_machine_multi) },
	{ TARGET(_copy_from_user, 1) },
	{ TARGET(_copy_to_user, 1) },
	{ TARGET(get_unused_fd_flags, -EMFILE) },
	{ TARGET(anon_inode_getfile, -ENFILE) },
	{ TARGET(__xa_alloc_cyclic, -ENOMEM) },
	{ TARGET(gnttab_alloc_pages, -ENOMEM) },
	{ TARGET(gnttab_alloc_grant_references, -ENOSPC) },
	{ TARGET(gnttab_claim_grant_reference, -ENOSPC) },
	{ TARGET(gnttab_map_refs, -EIO) },
	{ TARGET(gnttab_try_end_foreign_access, 0) },
	{ TARGET(dma_buf_export, -ENOMEM) },
	{ TARGET(dma_buf_attach, -ENOMEM) },
	{ TARGET(dma_buf_map_attachment_unlocked, -ENOMEM) },
	{ TARGET(dma_alloc_pages, 0) },
	{ TARGET(dma_set_coherent_mask, -EIO) },
	{ TARGET(dma_map_sgtable, -EIO) },
	{ TARGET(sg_alloc_table, -ENOMEM) },
	{ TARGET(xenmem_reservation_decrease, 0) },
	{ TARGET(xenmem_reservation_increase, 0) },
	{ TARGET(vmap, 0) },
	{ TARGET(apply_to_page_range, -ENOMEM) },
	{ TARGET(mmu_interval_notifier_insert_locked, -ENOMEM) },
};

static DEFINE_MUTEX(lock); /* one user at a time */
static struct task_struct *victim;
static unsigned long range_start, range_end;
static unsigned int nth;
static int status;
static atomic_t seen;
static const char *fired;

#ifdef CONFIG_X86
#include <asm/ibt.h>

void xdb_fault_return(void);
asm(".pushsection .text\n"
    ".type xdb_fault_return, @function\n"
    "xdb_fault_return:\n" ASM_ENDBR ASM_RET
    ".size xdb_fault_return, . - xdb_fault_return\n"
    ".popsection\n");

static void force_return(struct pt_regs *regs, long value)
{
	regs->ax = value;
	regs->ip = (unsigned long)xdb_fault_return;
}
#else
static void force_return(struct pt_regs *regs, long value)
{
	regs->regs[0] = value;
	instruction_pointer_set(regs, procedure_link_pointer(regs));
}
#endif

/* gnttab_map_refs(ops, kernel's ops, pages, count) */
static void say_of_each(struct pt_regs *regs)
{
	struct gnttab_map_grant_ref *ops =
		(void *)regs_get_kernel_argument(regs, 0);
	unsigned int i, n = regs_get_kernel_argument(regs, 3);

	for (i = 0; i < n; i++)
		ops[i].status = status;
}
NOKPROBE_SYMBOL(say_of_each);

static bool is_counted(const struct target *target, struct pt_regs *regs)
{
	if (status == XDB_FAULT_P2M || target->p2m)
		return status == XDB_FAULT_P2M && target->p2m;
	if (xdb_spoil_caller(regs) < range_start ||
	    xdb_spoil_caller(regs) >= range_end)
		return false;
	return !status || !strcmp(target->name, "gnttab_map_refs");
}
NOKPROBE_SYMBOL(is_counted);

static int entered(struct kprobe *probe, struct pt_regs *regs)
{
	struct target *target = container_of(probe, struct target, probe);

	if (current != READ_ONCE(victim) || !is_counted(target, regs))
		return 0;
	if (atomic_inc_return(&seen) != nth)
		return 0;
	fired = target->name;
	if (status < 0)
		say_of_each(regs);
	force_return(regs, status < 0 ? 0 : target->value);
	return 1;
}
NOKPROBE_SYMBOL(entered);

/* A post handler keeps a probe from becoming a jump, where no return can be forced. */
static void no_jump(struct kprobe *probe, struct pt_regs *regs,
		    unsigned long flags)
{
}

static long arm(void __user *arg)
{
	struct xdb_fault_arm req;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	range_start = req.start;
	range_end = req.end;
	nth = req.nth;
	status = req.status;
	atomic_set(&seen, 0);
	fired = NULL;
	WRITE_ONCE(victim, current);
	return 0;
}

static long disarm(void __user *arg)
{
	struct xdb_fault_result result = {};
	const char *name;

	WRITE_ONCE(victim, NULL);
	result.seen = atomic_read(&seen);
	name = xdb_spoil_end(&result.seen) ?: fired;
	if (name) {
		result.fired = 1;
		strscpy(result.name, name, sizeof(result.name));
	}
	fired = NULL;
	return copy_to_user(arg, &result, sizeof(result)) ? -EFAULT : 0;
}

/* Whether this architecture's kernel must have the function. */
static bool is_wanted(const struct target *target)
{
#ifndef CONFIG_X86
	/* not on arm64: MAP with dma_bits; copies from user space are inline there */
	if (!strncmp(target->name, "xenmem_", 7) ||
	    !strncmp(target->name, "_copy_", 6))
		return false;
#endif
	return !target->family;
}

static long probes(void __user *arg)
{
	struct xdb_fault_probes result = { .wanted = FAMILIES };
	bool family[FAMILIES + 1] = {};
	const char *missing = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		if (targets[i].family && targets[i].there &&
		    !family[targets[i].family]) {
			family[targets[i].family] = true;
			result.there++;
		}
		if (!is_wanted(&targets[i]))
			continue;
		result.wanted++;
		result.there += targets[i].there;
		if (!targets[i].there)
			missing = targets[i].name;
	}
	if (result.there < result.wanted)
		strscpy(result.missing, missing ?: "an allocator",
			sizeof(result.missing));
	return copy_to_user(arg, &result, sizeof(result)) ? -EFAULT : 0;
}

static long fault_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret = -ENOTTY;

	mutex_lock(&lock);
	if (cmd == XDB_FAULT_IOC_ARM)
		ret = arm((void __user *)arg);
	else if (cmd == XDB_FAULT_IOC_DISARM)
		ret = disarm((void __user *)arg);
	else if (cmd == XDB_FAULT_IOC_PROBES)
		ret = probes((void __user *)arg);
	else if (cmd == XDB_FAULT_IOC_SPOIL)
		ret = xdb_spoil_begin((void __user *)arg);
	mutex_unlock(&lock);
	return ret;
}

static int fault_release(struct inode *inode, struct file *file)
{
	u32 calls;

	WRITE_ONCE(victim, NULL);
	xdb_spoil_end(&calls);
	return 0;
}

static const struct file_operations fault_fops = {
	.owner = THIS_MODULE,
	.release = fault_release,
	.unlocked_ioctl = fault_ioctl,
};

static struct miscdevice fault_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xdb-fault",
	.fops = &fault_fops,
	.mode = 0600,
};

static void remove_probes(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (targets[i].there)
			unregister_kprobe(&targets[i].probe);
}

static int __init fault_init(void)
{
	unsigned int n = 0;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		targets[i].probe.symbol_name = targets[i].name;
		targets[i].probe.pre_handler = entered;
		targets[i].probe.post_handler = no_jump;
		targets[i].there = !register_kprobe(&targets[i].probe);
		n += targets[i].there;
	}
	/*
	 * After the other probes, and removed before them: where two are on one
	 * function, the kernel uses the first one's flags for ftrace.
	 */
	xdb_spoil_init();
	pr_info("xdb_fault: %u of %zu functions\n", n, ARRAY_SIZE(targets));
	ret = misc_register(&fault_misc);
	if (ret) {
		xdb_spoil_exit();
		remove_probes();
	}
	return ret;
}

static void __exit fault_exit(void)
{
	misc_deregister(&fault_misc);
	xdb_spoil_exit();
	remove_probes();
}

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Lets calls of xen_dmabuf fail, for tests");
MODULE_LICENSE("GPL");
