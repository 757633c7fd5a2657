// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays: pages are charged to the open file that asked for them, to its
 * user, and to everybody together, and stay charged until they are free again.
 * A file or a user is forgotten when the last of its leases is.
 */
#include <linux/cred.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>

#include "account.h"
#include "limits.h"

/**
 * struct xdb_account - what one file or user holds
 * @ref: one for each lease that it pays for, and the open file's
 * @node: among the users; a file's is not in a list
 * @uid: of a user
 * @used: pages
 */
struct xdb_account {
	struct kref ref;
	struct list_head node;
	kuid_t uid;
	unsigned int used[XDB_POOL_NR];
};

/* Every account's counts, and the list of users. */
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(users);
static struct xdb_account everybody;
static unsigned int granted_peak;

static struct xdb_account *new_account(void)
{
	struct xdb_account *account =
		kzalloc(sizeof(*account), GFP_KERNEL_ACCOUNT);

	if (account) {
		kref_init(&account->ref);
		INIT_LIST_HEAD(&account->node);
	}
	return account;
}

/* For an open file; NULL if there is no memory. */
struct xdb_account *xdb_account_new(void)
{
	return new_account();
}

/* With the lock held, which keeps others from finding it. */
static void free_account(struct kref *ref)
{
	struct xdb_account *account =
		container_of(ref, struct xdb_account, ref);

	list_del(&account->node);
	kfree(account);
}

void xdb_account_put(struct xdb_account *account)
{
	spin_lock(&lock);
	if (account)
		kref_put(&account->ref, free_account);
	spin_unlock(&lock);
}

static struct xdb_account *user_account(kuid_t uid)
{
	struct xdb_account *user;

	lockdep_assert_held(&lock);
	list_for_each_entry(user, &users, node)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/**
 * xdb_payers_get - who pays for a lease that is about to be made
 * @payers: filled in; xdb_payers_put() lets go
 * @file: the open file's account, NULL for the kernel's own users
 *
 * Returns 0 or -ENOMEM.
 */
int xdb_payers_get(struct xdb_payers *payers, struct xdb_account *file)
{
	struct xdb_account *fresh = new_account(), *user;

	if (!fresh)
		return -ENOMEM;
	fresh->uid = file ? current_uid() : GLOBAL_ROOT_UID;

	spin_lock(&lock);
	user = user_account(fresh->uid);
	if (user) {
		kref_get(&user->ref);
	} else {
		user = fresh;
		list_add_tail(&user->node, &users);
		fresh = NULL;
	}
	if (file)
		kref_get(&file->ref);
	spin_unlock(&lock);
	kfree(fresh);

	payers->account[XDB_ALL] = &everybody;
	payers->account[XDB_USER] = user;
	payers->account[XDB_FILE] = file;
	return 0;
}

void xdb_payers_put(struct xdb_payers *payers)
{
	xdb_account_put(payers->account[XDB_FILE]);
	xdb_account_put(payers->account[XDB_USER]);
}

/**
 * xdb_charge - before pages are mapped or granted
 * @payers: each is charged, or none
 * @pool: for what
 * @nr: pages
 *
 * Returns 0 or -EDQUOT.
 */
int xdb_charge(const struct xdb_payers *payers, enum xdb_pool pool,
	       unsigned int nr)
{
	unsigned int limit[XDB_LEVEL_NR];
	int level, ret = 0;

	xdb_limits(pool, limit);
	spin_lock(&lock);
	for (level = 0; level < XDB_LEVEL_NR; level++) {
		const struct xdb_account *account = payers->account[level];

		if (account && (account->used[pool] > limit[level] ||
				nr > limit[level] - account->used[pool]))
			ret = -EDQUOT;
	}
	for (level = 0; level < XDB_LEVEL_NR && !ret; level++)
		if (payers->account[level])
			payers->account[level]->used[pool] += nr;
	granted_peak = max(granted_peak, everybody.used[XDB_POOL_GRANTED]);
	spin_unlock(&lock);
	return ret;
}

/* Takes no lock but its own, and waits for nobody: notifiers call it. */
void xdb_uncharge(const struct xdb_payers *payers, enum xdb_pool pool,
		  unsigned int nr)
{
	int level;

	spin_lock(&lock);
	for (level = 0; level < XDB_LEVEL_NR; level++)
		if (payers->account[level])
			payers->account[level]->used[pool] -= nr;
	spin_unlock(&lock);
}

unsigned int xdb_pool_used(enum xdb_pool pool)
{
	return READ_ONCE(everybody.used[pool]);
}

/* What sharing has made the grant table grow by, and has given back since. */
static unsigned int grants_given_back(void)
{
	unsigned int n;

	spin_lock(&lock);
	n = granted_peak - everybody.used[XDB_POOL_GRANTED];
	spin_unlock(&lock);
	return n;
}

/**
 * xdb_grant_budget - how many references there can be, and how many are left
 * @total: when the table has grown to what Xen allows
 * @left: an estimate
 *
 * The kernel does not tell modules how many of the table's entries are free.
 * What is known: the frames that the table can still grow by, and the entries
 * that sharing itself once made it grow by and has given back since.
 */
void xdb_grant_budget(unsigned int *total, unsigned int *left)
{
	unsigned int growth;

	xdb_grant_table_size(total, &growth);
	*left = min(growth + grants_given_back(), *total);
}

unsigned int xdb_account_used(const struct xdb_account *account,
			      enum xdb_pool pool)
{
	return READ_ONCE(account->used[pool]);
}

/* What the caller's user holds. */
unsigned int xdb_user_used(enum xdb_pool pool)
{
	struct xdb_account *user;
	unsigned int used;

	spin_lock(&lock);
	user = user_account(current_uid());
	used = user ? user->used[pool] : 0;
	spin_unlock(&lock);
	return used;
}

kuid_t xdb_payers_uid(const struct xdb_payers *payers)
{
	return payers->account[XDB_USER]->uid;
}

#ifdef CONFIG_DEBUG_FS
void xdb_account_show(struct seq_file *m)
{
	unsigned int mapped = xdb_limit(XDB_USER, XDB_POOL_MAPPED);
	unsigned int granted = xdb_limit(XDB_USER, XDB_POOL_GRANTED);
	struct xdb_account *user;

	seq_puts(m, "uid mapped mapped_limit granted granted_limit\n");
	spin_lock(&lock);
	list_for_each_entry(user, &users, node)
		seq_printf(m, "%u %u %u %u %u\n",
			   from_kuid_munged(&init_user_ns, user->uid),
			   user->used[XDB_POOL_MAPPED], mapped,
			   user->used[XDB_POOL_GRANTED], granted);
	spin_unlock(&lock);
}
#endif
