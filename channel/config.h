/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file: which services this domain offers and uses, and what
 * each peer may cost it.  What no section allows is denied.
 *
 *	[daemon]  [peer NAME]  [service NAME]  [use SERVICE]  [introduce]
 *
 * A peer's NAME is a domain's name or number.  A later section of the same name
 * continues the first.
 */
#ifndef XCH_CONFIG_H
#define XCH_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/log.h"
#include "common/reason.h"
#include "policy.h"

struct xch_config;

/** xch_config_default - nothing is allowed.  NULL: out of memory */
struct xch_config *xch_config_default(void);
/**
 * xch_config_load - read @path
 * @why: set on failure: what is wrong, and in which line
 *
 * ENOENT: there is no such file.  EINVAL: it cannot work.
 */
int xch_config_load(const char *path, struct xch_config **out,
		    struct xdc_reason *why);
void xch_config_free(struct xch_config *c);

enum xdc_level xch_config_log_level(const struct xch_config *c);
/** xch_config_max_links - peers that may be linked at a time */
unsigned int xch_config_max_links(const struct xch_config *c);

/** xch_users_have - the user, or one of the groups, is among them */
bool xch_users_have(const struct xch_users *users, uid_t uid, const gid_t *gids,
		    unsigned int nr_gids);

/*
 * @name: the peer's, as the host or an introduction has it; NULL: it has none.
 * The pointers are valid as long as the configuration.
 */
/** xch_config_caps - of one peer */
void xch_config_caps(const struct xch_config *c, const char *name,
		     uint16_t domid, struct xch_caps *out);
/** xch_config_service - NULL: the peer may not connect to it */
const struct xch_service *xch_config_service(const struct xch_config *c,
					     const char *service,
					     const char *name, uint16_t domid);
/** xch_config_use - NULL: the user may not use the peer's service */
const struct xch_use *xch_config_use(const struct xch_config *c,
				     const char *service, const char *name,
				     uint16_t domid, uid_t uid,
				     const gid_t *gids, unsigned int nr_gids);
/** xch_config_listen - NULL: the user may not listen for the service */
const struct xch_service *xch_config_listen(const struct xch_config *c,
					    const char *service, uid_t uid,
					    const gid_t *gids,
					    unsigned int nr_gids);

/*
 * Each calls @visit for every one that the file has, in its order
 */
/** xch_config_each_peer - a name may come more than once */
void xch_config_each_peer(const struct xch_config *c,
			  void (*visit)(void *user, const char *name),
			  void *user);
/** xch_config_each_use */
void xch_config_each_use(const struct xch_config *c,
			 void (*visit)(void *user, const struct xch_use *use),
			 void *user);
/** xch_config_each_service */
void xch_config_each_service(const struct xch_config *c,
			     void (*visit)(void *user,
					   const struct xch_service *service),
			     void *user);
/** xch_config_each_introduction - two that are to be told each other's ids */
void xch_config_each_introduction(const struct xch_config *c,
				  void (*visit)(void *user, const char *one,
						const char *other),
				  void *user);

#endif
