// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/reason.h"

int xdc_reason_set(struct xdc_reason *r, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, args);
	va_end(args);
	return err;
}

int xdc_reason_device(struct xdc_reason *r, int err, const char *path,
		      const char *module, const char *daemon)
{
	const char *what = strerror(-err);

	switch (err) {
	case -EACCES:
		return xdc_reason_set(
			r, err,
			"%s: %s. Try: run as root, or as a member of the group xen-backend; getfacl %s shows who may open it",
			path, what, path);
	case -EPERM:
		/* systemd admits what is there when it starts the unit */
		return xdc_reason_set(
			r, err,
			"%s: %s: it came after the daemon. Try: systemctl restart %s",
			path, what, daemon);
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return xdc_reason_set(r, err, "%s: %s. Try: modprobe %s", path,
				      what, module);
	default:
		return xdc_reason_set(r, err, "%s: %s", path, what);
	}
}
