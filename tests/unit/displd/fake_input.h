/* SPDX-License-Identifier: GPL-2.0-only */
/* Where keys and pointer go: into words */
#ifndef FAKE_INPUT_H
#define FAKE_INPUT_H

#include "unit.h"

#include "vkb/input.h"

extern struct xd_input input; /* the only one there is */
extern char events[512];

#endif
