// SPDX-License-Identifier: GPL-2.0-only
/* A program against the installed library of channels; no daemon is asked */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xendmabuf-channel.h>

int main(void)
{
	struct xendmabuf_channel *channel = NULL;
	int err;

	if (setenv("XEN_CHANNEL_SOCKET", "/nonexistent/socket", 1))
		return 1;
	err = xendmabuf_channel_connect("guest", "service", 0, &channel);
	printf("xendmabuf_channel_connect: %d\n", err);
	xendmabuf_channel_close(channel);
	return err == -ENOENT ? 0 : 1;
}
