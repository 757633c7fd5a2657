/* SPDX-License-Identifier: GPL-2.0-only */
/* Spoil: lets a part of one of the driver's batches fail.  See xdb_fault.h. */
#ifndef XDB_SPOIL_H
#define XDB_SPOIL_H

#include <linux/compiler.h>
#include <linux/ptrace.h>
#include <linux/types.h>

void xdb_spoil_init(void);
void xdb_spoil_exit(void);
long xdb_spoil_begin(void __user *arg);
/* stop: the function that was spoilt, or NULL; @calls: how many calls were seen */
const char *xdb_spoil_end(u32 *calls);

/* the first three arguments and the caller, at a function's entry */
#ifdef CONFIG_X86
#define XDB_SPOIL_ARG(regs, n) \
	(*((n) == 0 ? &(regs)->di : (n) == 1 ? &(regs)->si : &(regs)->dx))
#define XDB_SPOIL_RESULT(regs) ((regs)->ax)

static inline unsigned long xdb_spoil_caller(struct pt_regs *regs)
{
	return *(unsigned long *)regs->sp;
}
#else
#define XDB_SPOIL_ARG(regs, n) ((regs)->regs[n])
#define XDB_SPOIL_RESULT(regs) ((regs)->regs[0])

static inline unsigned long xdb_spoil_caller(struct pt_regs *regs)
{
	return procedure_link_pointer(regs);
}
#endif

#endif
