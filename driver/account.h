/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts: pages that each open file and each user has mapped and granted. */
#ifndef XDB_ACCOUNT_H
#define XDB_ACCOUNT_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "limits.h"

struct xdb_account;

/* The most users who pay for one lease. */
#define XDB_USERS 3

enum xdb_payer {
	XDB_PAYER_ALL,
	XDB_PAYER_FILE,
	XDB_PAYER_CALLER, /* the first of the users */
	XDB_PAYER_NR = XDB_PAYER_CALLER + XDB_USERS,
};

/**
 * struct xdb_payers - the accounts that the pages of one lease, or of one user
 *	mapping, are charged to
 * @account: by enum xdb_payer.  That of the file is NULL for a lease made by
 *	another kernel module and for a user mapping, and those of users who are the
 *	same are NULL
 */
struct xdb_payers {
	struct xdb_account *account[XDB_PAYER_NR];
};

/**
 * struct xdb_usage - what one user is charged for
 * @uid: the user, in the initial user namespace
 * @used: number of pages
 */
struct xdb_usage {
	u32 uid;
	unsigned int used[XDB_POOL_NR];
};

struct xdb_account *xdb_account_new(void);
void xdb_account_put(struct xdb_account *account);
unsigned int xdb_account_used(const struct xdb_account *account,
			      enum xdb_pool pool);

int xdb_payers_get(struct xdb_payers *payers, struct xdb_account *file);
int xdb_payers_get_caller(struct xdb_payers *payers);
void xdb_payers_put(struct xdb_payers *payers);
kuid_t xdb_payers_uid(const struct xdb_payers *payers);

int xdb_charge(const struct xdb_payers *payers, enum xdb_pool pool,
	       unsigned int nr);
void xdb_uncharge(const struct xdb_payers *payers, enum xdb_pool pool,
		  unsigned int nr);
unsigned int xdb_pool_used(enum xdb_pool pool);
unsigned int xdb_user_used(const struct xdb_account *file, enum xdb_pool pool);
bool xdb_user_usage(u32 uid, struct xdb_usage *usage);
void xdb_grant_budget(unsigned int *total, unsigned int *left);

#endif
