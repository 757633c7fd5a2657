/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts: pages that each open file and each user has mapped and granted. */
#ifndef XDB_ACCOUNT_H
#define XDB_ACCOUNT_H

#include <linux/uidgid.h>

#include "limits.h"

struct seq_file;
struct xdb_account;

/**
 * struct xdb_payers - the accounts that the pages of one lease are charged to
 * @account: one for each level; that of XDB_FILE is NULL for a lease made by
 *	another kernel module
 */
struct xdb_payers {
	struct xdb_account *account[XDB_LEVEL_NR];
};

struct xdb_account *xdb_account_new(void);
void xdb_account_put(struct xdb_account *account);
unsigned int xdb_account_used(const struct xdb_account *account,
			      enum xdb_pool pool);
void xdb_account_show(struct seq_file *m);

int xdb_payers_get(struct xdb_payers *payers, struct xdb_account *file);
void xdb_payers_put(struct xdb_payers *payers);
kuid_t xdb_payers_uid(const struct xdb_payers *payers);

int xdb_charge(const struct xdb_payers *payers, enum xdb_pool pool,
	       unsigned int nr);
void xdb_uncharge(const struct xdb_payers *payers, enum xdb_pool pool,
		  unsigned int nr);
unsigned int xdb_pool_used(enum xdb_pool pool);
unsigned int xdb_user_used(enum xdb_pool pool);
void xdb_grant_budget(unsigned int *total, unsigned int *left);

#endif
