// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/sandbox.h"

/* None of them opens a path, makes a descriptor of something new, or reaches a process */
static const int calls[] = {
	/* what it has already */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(statx),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	/* the loop */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(clock_gettime),
	/* memory, and the C library */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#ifdef __SANITIZE_ADDRESS__
	/* looked at before the process ends */
	SCMP_SYS(sigaltstack),
#endif
};

static int allow_calls(scmp_filter_ctx filter, const int *list, size_t nr)
{
	size_t i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0);
	return err;
}

static int allow_ioctls(scmp_filter_ctx filter, const uint32_t *list, size_t nr)
{
	size_t i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, list[i]));
	return err;
}

static int add_rules(scmp_filter_ctx filter, const struct xdc_sandbox *needs)
{
	int err = allow_calls(filter, calls, sizeof(calls) / sizeof(calls[0]));

	if (!err)
		err = allow_calls(filter, needs->calls, needs->nr_calls);
	if (!err)
		err = allow_ioctls(filter, needs->ioctls, needs->nr_ioctls);
	/* nothing that could be run */
	if (!err)
		err = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* fstat() of newer C libraries; it opens nothing */
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
				       SCMP_SYS(newfstatat), 0);
	return err;
}

static int filter_calls(const struct xdc_sandbox *needs)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err;

	if (!filter)
		return -ENOMEM;
	err = add_rules(filter, needs);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

int xdc_sandbox_enter(const struct xdc_sandbox *needs)
{
	int err = drop_capabilities();

	if (err)
		return err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
	return filter_calls(needs);
}
