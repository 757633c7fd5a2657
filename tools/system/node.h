/* SPDX-License-Identifier: GPL-2.0-only */
/* Device nodes: why this user may not open one, and what to do about it */
#ifndef XT_NODE_H
#define XT_NODE_H

#include <stdbool.h>
#include <sys/types.h>

/* Why something cannot be used, and what to do, for "WHY. Try: ADVICE" */
struct xt_refusal {
	char why[512];
	char advice[256];
};

/**
 * xt_node_check - whether this user may read and write the device @path
 *
 * Returns 0 or a negative errno value.  ENOENT: there is none.  EACCES: it is
 * there, but not for this user.
 */
int xt_node_check(const char *path);

/** xt_node_denied - whether @err says that permission is missing */
bool xt_node_denied(int err);

/**
 * xt_node_refused - @err of opening @path, in words
 * @advice: what to do if there is no such device
 */
void xt_node_refused(const char *path, int err, const char *advice,
		     struct xt_refusal *r);

/** xt_node_group - the group whose members may open @path; 0: root alone may */
gid_t xt_node_group(const char *path);

#endif
