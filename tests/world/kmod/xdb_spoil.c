// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of which a part fails, as Xen may do: a kretprobe on the functions that
 * the driver calls changes the operations before the call, or their status after it.
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

#include <xen/grant_table.h>

#include "xdb_fault.h"
#include "xdb_spoil.h"

static int entered(struct kretprobe_instance *ri, struct pt_regs *regs);
static int returns(struct kretprobe_instance *ri, struct pt_regs *regs);

/* Of one call, from its entry to its end. */
struct call {
	void *ops;
	u32 nr;
};

#define SPOIL(f)                                                             \
	.kp.symbol_name = (f), .entry_handler = entered, .handler = returns, \
	.data_size = sizeof(struct call)

/* PV's user map and unmap are one function, told apart by its first argument. */
static struct kretprobe probes[] = {
	{ SPOIL("gnttab_map_refs") },
	{ SPOIL("gnttab_unmap_refs") },
	{ SPOIL("xen_dmabuf:xdb_user_grant_op") },
	{ SPOIL("xenmem_reservation_decrease") },
	{ SPOIL("xenmem_reservation_increase") },
};
static bool there[ARRAY_SIZE(probes)];

/*
 * One caller at a time writes @wanted, and only while @active is false, as a probe
 * cannot take a lock.
 */
static struct xdb_fault_spoil wanted;
static bool active;
static atomic_t seen;
static const char *done;

/* Which of XDB_SPOIL_* this is, and where its operations are. */
static u32 what_is(struct kretprobe *probe, struct pt_regs *regs,
		   struct call *call)
{
	u32 cmd;

	switch (probe - probes) {
	case 0:
	case 1:
		call->ops = (void *)XDB_SPOIL_ARG(regs, 0);
		/* the fourth argument */
#ifdef CONFIG_X86
		call->nr = regs->cx;
#else
		call->nr = regs->regs[3];
#endif
		return probe == probes ? XDB_SPOIL_MAP : XDB_SPOIL_UNMAP;
	case 2:
		cmd = XDB_SPOIL_ARG(regs, 0);
		call->ops = (void *)XDB_SPOIL_ARG(regs, 1);
		call->nr = XDB_SPOIL_ARG(regs, 2);
		return cmd == GNTTABOP_map_grant_ref ? XDB_SPOIL_USER_MAP
						     : XDB_SPOIL_USER_UNMAP;
	case 3:
		return XDB_SPOIL_DECREASE;
	default:
		return XDB_SPOIL_INCREASE;
	}
}

static bool is_map(void)
{
	return wanted.what == XDB_SPOIL_MAP ||
	       wanted.what == XDB_SPOIL_USER_MAP;
}

static bool is_spoilt(u32 i)
{
	return wanted.index == i || wanted.index == XDB_SPOIL_ALL;
}

/* returns 0 to have the function's return probed as well */
static int entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	unsigned long from = xdb_spoil_caller(regs);
	struct kretprobe *probe = get_kretprobe(ri);
	struct call *call = (void *)ri->data;
	struct gnttab_map_grant_ref *ops;
	u32 i;

	if (!smp_load_acquire(&active) || from < wanted.start ||
	    from >= wanted.end || what_is(probe, regs, call) != wanted.what ||
	    atomic_inc_return(&seen) != wanted.call)
		return 1;
	done = probe->kp.symbol_name;
	if (wanted.what >= XDB_SPOIL_DECREASE) {
		XDB_SPOIL_ARG(regs, 0) = min_t(unsigned long, wanted.index,
					       XDB_SPOIL_ARG(regs, 0));
		return 1;
	}
	ops = call->ops;
	/* No such reference: Xen refuses it. */
	for (i = 0; is_map() && i < call->nr; i++)
		if (is_spoilt(i))
			ops[i].ref = U32_MAX;
	return 0;
}
NOKPROBE_SYMBOL(entered);

static int returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (void *)ri->data;
	struct gnttab_unmap_grant_ref *unmap = call->ops;
	struct gnttab_map_grant_ref *map = call->ops;
	u32 i;

	for (i = 0; i < call->nr; i++) {
		if (!is_spoilt(i))
			continue;
		if (is_map())
			map[i].status = wanted.status;
		else
			unmap[i].status = wanted.status;
	}
	if (wanted.index == XDB_SPOIL_ALL)
		XDB_SPOIL_RESULT(regs) = -EIO;
	return 0;
}
NOKPROBE_SYMBOL(returns);

long xdb_spoil_begin(void __user *arg)
{
	struct xdb_fault_spoil req;
	u32 probe;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.what >= XDB_SPOIL_NR)
		return -EINVAL;
	/* USER_MAP and USER_UNMAP have one probe */
	probe = req.what > XDB_SPOIL_USER_MAP ? req.what - 1 : req.what;
	if (!there[probe])
		return -ENOENT;
	if (active)
		return -EBUSY;
	wanted = req;
	done = NULL;
	atomic_set(&seen, 0);
	smp_store_release(&active, true);
	return 0;
}

const char *xdb_spoil_end(u32 *calls)
{
	if (!active)
		return NULL;
	WRITE_ONCE(active, false);
	/* wait for probes that run on other processors */
	synchronize_rcu();
	*calls = atomic_read(&seen);
	return done;
}

void xdb_spoil_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		there[i] = !register_kretprobe(&probes[i]);
}

void xdb_spoil_exit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (there[i])
			unregister_kretprobe(&probes[i]);
}
