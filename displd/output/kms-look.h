/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks for screens without opening the card.  The kernel makes the first program
 * that opens a card its master, which would keep out a compositor that starts.
 */
#ifndef XD_OUTPUT_KMS_LOOK_H
#define XD_OUTPUT_KMS_LOOK_H

#include <stdbool.h>

/**
 * xd_kms_may_have_screen - whether it is worth to open the card at @path
 * @connector: the one that matters, "" for any
 *
 * As the kernel noted it last, in sysfs; nothing is probed.  True if sysfs does
 * not tell.
 */
bool xd_kms_may_have_screen(const char *path, const char *connector);

#endif
