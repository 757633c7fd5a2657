/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake input device that writes its events down as text */
#ifndef FAKE_INPUT_H
#define FAKE_INPUT_H

#include "unit.h"

#include "input.h"

extern struct xd_input input; /* the only one there is */
extern char events[512];
extern bool relative; /* the guest receives motions */

#endif
