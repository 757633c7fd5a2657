/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file: which guests may show windows, what else they may do, and
 * what they may cost.  A guest without a section is denied.
 *
 *	[default]  [guest NAME]
 *
 * A guest's section overrides single keys of [default], wherever that stands.
 */
#ifndef XWL_HOST_POLICY_CONFIG_H
#define XWL_HOST_POLICY_CONFIG_H

#include "common/reason.h"
#include "host/policy/policy.h"

#define XWL_GUESTS_MAX 64U /* sections of guests */

/**
 * xwl_config_load - the policy of one guest
 * @guest: its name; NULL: check the file alone, @out is undefined
 * @why: set on failure: what is wrong, and in which line
 *
 * ENOENT: there is no such file.  EACCES: the guest has no section.  EINVAL: a line
 * is wrong.
 */
int xwl_config_load(const char *path, const char *guest, struct xwl_policy *out,
		    struct xdc_reason *why);
/**
 * xwl_config_guests - the names of all that have a section
 * @names: room for XWL_GUESTS_MAX
 *
 * Return: how many there are.  ENOENT, EINVAL as above, also for more than these.
 */
int xwl_config_guests(const char *path, char names[][XWL_NAME_MAX],
		      struct xdc_reason *why);
/** xwl_config_warning - of a policy that is valid, what may have no effect; NULL: nothing */
const char *xwl_config_warning(const struct xwl_policy *policy);
/** xwl_config_defaults - of every guest */
void xwl_config_defaults(struct xwl_policy *out);

#endif
