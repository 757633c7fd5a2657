/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages between the demo's two ends, through xenstore */
#ifndef DEMO_TALK_H
#define DEMO_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

uint64_t demo_now_us(void);

/** demo_talk_write - write a key below the guest's data; 0 or -errno */
int demo_talk_write(struct xs_handle *xs, uint16_t guest, const char *key,
		    const char *value);

/** demo_talk_read - read a key into @buf; empty if there is none */
void demo_talk_read(struct xs_handle *xs, uint16_t guest, const char *key,
		    char *buf, size_t len);

/** demo_talk_wait - wait until the key begins with @value; -ETIMEDOUT */
int demo_talk_wait(struct xs_handle *xs, uint16_t guest, const char *key,
		   const char *value, unsigned int timeout_ms);

#endif
