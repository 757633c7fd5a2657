/* SPDX-License-Identifier: GPL-2.0-only */
/* What serve and world-host agree on */
#ifndef WORLD_H
#define WORLD_H

#define WORLD_SOCKET "/run/world.sock"
#define WORLD_LINE 4096

#endif
