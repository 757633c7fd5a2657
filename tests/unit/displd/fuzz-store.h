/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstore as a fuzzer's device sees it: so many nodes, there or not. */
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
/* those of the guest begin at store_first */
extern unsigned int store_count, store_first, store_watches;
/* nobody else has written what there is */
extern bool store_toolstacks;

/** store_make - all nodes, none there; once */
void store_make(void);
/** store_set - to a value, NULL: it is not there */
void store_set(const char *path, const char *value);

#endif
