// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/socket.h>

#include "agent/route-socket.h"
#include "common/container_of.h"
#include "common/unix-socket.h"

static int call_socket(struct xwl_route *route, int *pending,
		       struct xwl_passage *out)
{
	struct xwl_socket_route *r =
		container_of(route, struct xwl_socket_route, route);
	int fd = xdc_unix_connect(r->path, SOCK_SEQPACKET);

	if (fd < 0)
		return fd;
	*out = (struct xwl_passage){ .socket = fd, .maker = r->maker };
	return 0;
}

static const char *explain_socket(int err)
{
	return strerror(-err);
}

void xwl_socket_route_init(struct xwl_socket_route *r, const char *path,
			   struct xwl_maker *maker)
{
	r->route = (struct xwl_route){
		.call = call_socket,
		.explain = explain_socket,
	};
	r->path = path;
	r->maker = maker;
}
