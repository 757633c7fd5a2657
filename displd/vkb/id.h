/* SPDX-License-Identifier: GPL-2.0-only */
/* The unique-id of an input device, which names connectors.
 *
 * Either the unique-id of one connector, or a list of them, each for one kind
 * of events: "K:left; P:left; T:right", for keyboard, pointer and touch.
 */
#ifndef XD_VKB_ID_H
#define XD_VKB_ID_H

#include <stdbool.h>

#include "kind.h"

/** xd_id_names - @id assigns the events of @kind to the connector @connector */
bool xd_id_names(const char *id, enum xd_kind kind, const char *connector);
/** xd_id_has - @id names connectors of this kind; an empty one all kinds */
bool xd_id_has(const char *id, enum xd_kind kind);

#endif
