// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <sys/socket.h>

#include "sockets.h"

int sockets_make(enum xch_channel_type type, int *program)
{
	int sv[2];

	assert_int_equal(
		socketpair(AF_UNIX,
			   (type == XCH_STREAM ? SOCK_STREAM : SOCK_SEQPACKET) |
				   SOCK_NONBLOCK | SOCK_CLOEXEC,
			   0, sv),
		0);
	*program = sv[0];
	return sv[1];
}
