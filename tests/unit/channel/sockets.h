/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets of channels' programs */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "link/frame.h"

/** sockets_make - of a socketpair, one end is @program, the other is returned */
int sockets_make(enum xch_channel_type type, int *program);

#endif
