/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake xenstore for fuzzing: a fixed set of nodes, each with a value or without. */
#ifndef FUZZ_STORE_H
#define FUZZ_STORE_H

#include <stdbool.h>

#define STORE_BE "backend/vdispl/7/3"
#define STORE_FE "/local/domain/7/device/vdispl/3"
#define STORE_VALUE_MAX 255
#define STORE_NODES 64

struct store_node {
	char path[80];
	bool there;
	char value[STORE_VALUE_MAX + 1];
};

extern struct store_node store_nodes[STORE_NODES];
/* the guest's nodes begin at store_first */
extern unsigned int store_count, store_first, store_watches;
/* only the toolstack has written the nodes */
extern bool store_toolstacks;

/** store_make - make the set of nodes, all without a value; call once */
void store_make(void);
/** store_set - give a node a value; NULL removes it */
void store_set(const char *path, const char *value);

#endif
