/* SPDX-License-Identifier: GPL-2.0-only */
/* The nodes of a xenstore that has nothing but nodes: stands in for common/store.h */
#ifndef FAKE_NODES_H
#define FAKE_NODES_H

void fake_nodes_clear(void);
/** get_node - its value, or NULL */
const char *get_node(const char *dir, const char *name);
void set_node(const char *dir, const char *name, const char *value);

#endif
