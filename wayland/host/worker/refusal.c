// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <unistd.h>

#include "common/fd-socket.h"
#include "common/log.h"
#include "host/worker/refusal.h"
#include "wire/record.h"

__attribute__((format(printf, 2, 3))) static void
log_refusal(const char *guest, const char *fmt, ...)
{
	static struct xdc_bucket bucket;
	va_list args;

	va_start(args, fmt);
	xdc_vlog(XDC_WARNING, &bucket, guest, fmt, args);
	va_end(args);
}

void xwl_refuse(const char *guest, int channel, const char *why)
{
	uint8_t bytes[XWL_RECORD_HEADER + XWL_ENDED_MAX];
	struct xwl_record r = xwl_record_ended(why);

	log_refusal(guest, "program refused: %s", why);
	xdc_socket_send(channel, bytes, xwl_record_write(&r, bytes), NULL, 0);
	close(channel);
}
