// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "paths.h"

/* NULL: there is none */
static const char *runtime_folder(void)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	return folder && *folder == '/' ? folder : NULL;
}

int xwl_path_display(const char *name, char *path, size_t size,
		     struct xdc_reason *why)
{
	const char *folder = runtime_folder();
	int len;

	if (!*name)
		name = getenv("WAYLAND_DISPLAY");
	if (!name || !*name)
		name = "wayland-0";
	if (*name != '/' && !folder)
		return xdc_reason_set(
			why, -ENOENT,
			"cannot find display %s: XDG_RUNTIME_DIR is not set",
			name);
	if (*name == '/')
		len = snprintf(path, size, "%s", name);
	else
		len = snprintf(path, size, "%s/%s", folder, name);
	if ((size_t)len >= size)
		return xdc_reason_set(why, -ENAMETOOLONG,
				      "display %s: the path is too long", name);
	return 0;
}

int xwl_path_guest(const char *socket, const char *guest, char *path,
		   size_t size, struct xdc_reason *why)
{
	const char *folder = runtime_folder();
	int len;

	if (!socket && !folder)
		return xdc_reason_set(
			why, -ENOENT,
			"XDG_RUNTIME_DIR is not set. Try: --socket PATH");
	if (socket)
		len = snprintf(path, size, "%s", socket);
	else
		len = snprintf(path, size, "%s/xen-wayland/%s", folder, guest);
	if ((size_t)len >= size)
		return xdc_reason_set(why, -ENAMETOOLONG,
				      "the socket's path is too long");
	return 0;
}
