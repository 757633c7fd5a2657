// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/socket.h>

#include "tests/unit/common/fake_accept.h"

int fake_accept_errno;
unsigned int fake_accepts;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	fake_accepts++;
	if (!fake_accept_errno)
		return __real_accept4(fd, address, len, flags);
	errno = fake_accept_errno;
	return -1;
}
