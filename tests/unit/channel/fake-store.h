/* SPDX-License-Identifier: GPL-2.0-only */
/* A xenstore in memory, in place of libxenstore: nodes with owners and permissions,
 * watches and transactions of several domains.  One thread.
 */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

/* Whose connection the next xs_open() is; UINT16_MAX: it fails with ENODEV */
extern uint16_t store_domid;
/* So many transactions end with EAGAIN */
extern unsigned int store_conflicts;
/* Writing fails with this errno value, unless 0 */
extern int store_write_error;

/** store_reset - an empty store; all connections must be closed */
void store_reset(void);
/** store_add_domain - as the toolstack makes it */
void store_add_domain(uint16_t domid, const char *name);
/** store_remove_domain - and tell those that watch for ends */
void store_remove_domain(uint16_t domid);
/** store_forget_domain - its nodes alone, without that event */
void store_forget_domain(uint16_t domid);
/** store_set - as dom0 */
void store_set(const char *path, const char *value);
/** store_set_as - as a domain; false: it may not */
bool store_set_as(uint16_t domid, const char *path, const char *value);
/** store_open_for - the domain may read the node and all below it */
void store_open_for(uint16_t domid, const char *path);
/** store_permit - whose the node is, and who else may read it */
void store_permit(const char *path, uint16_t owner, uint16_t reader);
/** store_get - NULL: no such node.  Valid until the store changes */
const char *store_get(const char *path);
/** store_may_read - as a domain */
bool store_may_read(uint16_t domid, const char *path);
/** store_watches - of all connections */
unsigned int store_watches(void);
/** store_freeze - from now on writes seem to succeed, and change nothing */
void store_freeze(bool freeze);
/** store_fire - a special watch, such as "@releaseDomain" */
void store_fire(const char *path);

#endif
