// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: pages are charged to the open file that MAP or GRANT was called on,
 * to the user who called it, and to the whole domain.  They stay charged until
 * the lease is RETURNED.  The account of a user is freed with the user's last
 * lease, that of a file with the file or its last lease, whichever comes later.
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
 * struct xdb_account - pages charged to one open file, one user or the domain
 * @ref: one for each lease charged to it, and one for the open file
 * @node: in the list of users; the other accounts are not in a list
 * @uid: the user
 * @used: number of pages
 */
struct xdb_account {
	struct kref ref;
	struct list_head node;
	kuid_t uid;
	unsigned int used[XDB_POOL_NR];
};

/* Protects the counts of all accounts, and the variables below. */
static DEFINE_SPINLOCK(account_lock);
static LIST_HEAD(account_users);
static struct xdb_account domain_account;
/* The most pages that were ever granted at a time */
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

/* The account of an open file, or NULL without memory. */
struct xdb_account *xdb_account_new(void)
{
	return new_account();
}

/* The lock is held, so that nothing finds the account meanwhile. */
static void free_account(struct kref *ref)
{
	struct xdb_account *account =
		container_of(ref, struct xdb_account, ref);

	list_del(&account->node);
	kfree(account);
}

void xdb_account_put(struct xdb_account *account)
{
	spin_lock(&account_lock);
	if (account)
		kref_put(&account->ref, free_account);
	spin_unlock(&account_lock);
}

static struct xdb_account *find_user_account(kuid_t uid)
{
	struct xdb_account *user;

	lockdep_assert_held(&account_lock);
	list_for_each_entry(user, &account_users, node)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/**
 * xdb_payers_get - get the accounts that a new lease is charged to
 * @payers: filled in; xdb_payers_put() releases them
 * @file: the account of the open file, NULL for another kernel module
 *
 * Return: 0 or -ENOMEM.
 */
int xdb_payers_get(struct xdb_payers *payers, struct xdb_account *file)
{
	struct xdb_account *fresh = new_account(), *user;

	if (!fresh)
		return -ENOMEM;
	fresh->uid = file ? current_uid() : GLOBAL_ROOT_UID;

	spin_lock(&account_lock);
	user = find_user_account(fresh->uid);
	if (user) {
		kref_get(&user->ref);
	} else {
		user = fresh;
		list_add_tail(&user->node, &account_users);
		fresh = NULL;
	}
	if (file)
		kref_get(&file->ref);
	spin_unlock(&account_lock);
	kfree(fresh);

	payers->account[XDB_ALL] = &domain_account;
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
 * xdb_charge - charge pages, before they are mapped or granted
 * @payers: all of these accounts are charged, or none
 * @pool: for what the pages are charged
 * @nr: number of pages
 *
 * Return: 0, or -EDQUOT if a limit would be exceeded.
 */
int xdb_charge(const struct xdb_payers *payers, enum xdb_pool pool,
	       unsigned int nr)
{
	unsigned int limit[XDB_LEVEL_NR];
	int level, ret = 0;

	xdb_limits(pool, limit);
	spin_lock(&account_lock);
	for (level = 0; level < XDB_LEVEL_NR; level++) {
		const struct xdb_account *account = payers->account[level];

		if (account && (account->used[pool] > limit[level] ||
				nr > limit[level] - account->used[pool]))
			ret = -EDQUOT;
	}
	for (level = 0; level < XDB_LEVEL_NR && !ret; level++)
		if (payers->account[level])
			payers->account[level]->used[pool] += nr;
	granted_peak = max(granted_peak, domain_account.used[XDB_POOL_GRANTED]);
	spin_unlock(&account_lock);
	return ret;
}

/* Takes the spinlock alone and never sleeps: mmu notifiers call it. */
void xdb_uncharge(const struct xdb_payers *payers, enum xdb_pool pool,
		  unsigned int nr)
{
	int level;

	spin_lock(&account_lock);
	for (level = 0; level < XDB_LEVEL_NR; level++)
		if (payers->account[level])
			payers->account[level]->used[pool] -= nr;
	spin_unlock(&account_lock);
}

unsigned int xdb_pool_used(enum xdb_pool pool)
{
	return READ_ONCE(domain_account.used[pool]);
}

/* Number of references that this driver once used and has freed since. */
static unsigned int count_freed_grants(void)
{
	unsigned int n;

	spin_lock(&account_lock);
	n = granted_peak - domain_account.used[XDB_POOL_GRANTED];
	spin_unlock(&account_lock);
	return n;
}

/**
 * xdb_grant_budget - estimate how many references can still be granted
 * @total: references that the grant table can hold at its largest size
 * @left: an estimate of how many of them are free
 *
 * The kernel does not tell modules how many entries of the table are free.  The
 * estimate is what the table can still grow by, and what this driver itself
 * once used and has freed since.
 */
void xdb_grant_budget(unsigned int *total, unsigned int *left)
{
	unsigned int growth;

	xdb_grant_table_size(total, &growth);
	*left = min(growth + count_freed_grants(), *total);
}

unsigned int xdb_account_used(const struct xdb_account *account,
			      enum xdb_pool pool)
{
	return READ_ONCE(account->used[pool]);
}

/* Pages charged to the user of the calling process. */
unsigned int xdb_user_used(enum xdb_pool pool)
{
	struct xdb_account *user;
	unsigned int used;

	spin_lock(&account_lock);
	user = find_user_account(current_uid());
	used = user ? user->used[pool] : 0;
	spin_unlock(&account_lock);
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
	spin_lock(&account_lock);
	list_for_each_entry(user, &account_users, node)
		seq_printf(m, "%u %u %u %u %u\n",
			   from_kuid_munged(&init_user_ns, user->uid),
			   user->used[XDB_POOL_MAPPED], mapped,
			   user->used[XDB_POOL_GRANTED], granted);
	spin_unlock(&account_lock);
}
#endif
